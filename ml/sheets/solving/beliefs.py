"""The probability of each text of each cell under all sums, by passing messages between sums and cells.

Exact where no two sums share cells in a circle; else messages are passed until they change no more.

Source: Kschischang, Frey, Loeliger, "Factor graphs and the sum-product algorithm".
"""

import math
from collections.abc import Sequence

from ml.sheets.solving.factors import WRONG_SUM, Factor, Variable

MAX_ROUNDS = 10
DAMPING = 0.3  # of a message, from the second round on
CONVERGED = 1e-3
MOST_VALUES = 400  # of the distribution of a partial sum
LEAST_SHARE = 1e-8  # of the likeliest value: what is less likely is dropped
OPERATIONS = 400_000  # of a round, about

Vector = tuple[float, ...]  # of each text of a variable, and at last of any other text
Values = dict[int, float]


def find_beliefs(factors: Sequence[Factor]) -> dict[Variable, Vector]:
    """Return the probabilities of the texts, and of any other text, of each variable that takes part in a sum."""
    touching: dict[Variable, list[int]] = {}
    for number, factor in enumerate(factors):
        for variable in factor.variables:
            touching.setdefault(variable, []).append(number)
    size = sum(len(factor.variables) for factor in factors)
    most_values = max(32, min(MOST_VALUES, OPERATIONS // (6 * max(size, 1))))
    messages: dict[tuple[int, Variable], Vector] = {}
    sent: dict[int, list[Vector]] = {}  # what each factor was told when it last sent its messages
    for _ in range(MAX_ROUNDS):
        has_changed = False
        for number, factor in enumerate(factors):
            told = [_tell(variable, touching[variable], number, messages) for variable in factor.variables]
            if number in sent and not _differ(told, sent[number]):
                continue
            has_changed, is_first = True, number not in sent
            sent[number] = told
            for variable, message in zip(factor.variables, _send(factor, told, most_values), strict=True):
                new = _normalize(message)
                messages[number, variable] = new if is_first else _mix(messages[number, variable], new)
        if not has_changed:
            break
    return {variable: _tell(variable, own, None, messages) for variable, own in touching.items()}


def _tell(
    variable: Variable, factors: Sequence[int], but: int | None, messages: dict[tuple[int, Variable], Vector]
) -> Vector:
    """Return what is known of a variable from all its factors but one."""
    known = [messages[number, variable] for number in factors if number != but and (number, variable) in messages]
    return _normalize(_product(variable.chances, *known))


def _differ(told: Sequence[Vector], before: Sequence[Vector]) -> bool:
    return any(
        abs(one - other) > CONVERGED
        for vector, old in zip(told, before, strict=True)
        if vector != old
        for one, other in zip(vector, old, strict=True)
    )


def _mix(old: Vector, new: Vector) -> Vector:
    return tuple(DAMPING * before + (1 - DAMPING) * now for before, now in zip(old, new, strict=True))


def _send(factor: Factor, incoming: Sequence[Vector], most_values: int) -> list[Vector]:
    """Return the factor's message to each variable: how well each of its texts fits the other variables."""
    own = [_distribution(values, chances) for values, chances in zip(factor.values, incoming, strict=True)]
    known = [sum(chances[:-1]) for chances in incoming]  # the chance that the text is among the candidates
    before: list[Values] = [{0: 1.0}]
    for one in own[:-1]:
        before.append(_add(before[-1], one, most_values))
    after: list[Values] = [{0: 1.0}]
    for one in own[:0:-1]:
        after.append(_add(after[-1], one, most_values))
    after.reverse()
    found = []
    for place, values in enumerate(factor.values):
        rest = math.prod(chance for other, chance in enumerate(known) if other != place)
        message = []
        for value in values:
            match = _match(before[place], after[place], -value) if value is not None else 0.0
            match = min(match, rest)
            message.append(factor.evidence * match + WRONG_SUM * (rest - match) + 1 - rest)
        found.append((*message, 1.0))
    return found


def _distribution(values: Sequence[int | None], chances: Vector) -> Values:
    found: Values = {}
    for value, chance in zip(values, chances, strict=False):
        if value is not None and chance > 0:
            found[value] = found.get(value, 0.0) + chance
    return found


def _add(one: Values, other: Values, most_values: int) -> Values:
    """Return the distribution of the sum of two values, without its least likely ones."""
    found: Values = {}
    for value, chance in one.items():
        for added, its_chance in other.items():
            found[value + added] = found.get(value + added, 0.0) + chance * its_chance
    least = LEAST_SHARE * max(found.values(), default=0.0)
    kept = {value: chance for value, chance in found.items() if chance >= least}
    if len(kept) <= most_values:
        return kept
    return dict(sorted(kept.items(), key=lambda item: -item[1])[:most_values])


def _match(one: Values, other: Values, total: int) -> float:
    """Return the probability that two values add up to a total."""
    if len(one) > len(other):
        one, other = other, one
    return sum(chance * other.get(total - value, 0.0) for value, chance in one.items())


def _product(*vectors: Vector) -> Vector:
    return tuple(math.prod(column) for column in zip(*vectors, strict=True))


def _normalize(vector: Vector) -> Vector:
    total = sum(vector)
    return tuple(one / total for one in vector) if total > 0 else (1 / len(vector),) * len(vector)
