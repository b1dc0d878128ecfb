"""The most likely table as a whole: the best texts of one sum after the other, until none gets better.

For one sum, given all others, the best is exact: the likeliest way to each partial sum is kept.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ml.sheets.solving.factors import OTHER, Factor, Variable

MAX_SWEEPS = 6
MOST_VALUES = 400  # partial sums
LEAST_LOG = math.log(1e-9)  # relative to the likeliest
TINY = 1e-30

Choice = dict[Variable, int]  # the index of each variable's text, or OTHER
_Way = tuple[float, "_Way | None", int]  # log-probability, the way before, and the index that was chosen


def find_best(factors: Sequence[Factor], beliefs: Mapping[Variable, Sequence[float]]) -> Choice:
    """Return the choice of texts that is most likely as a whole; OTHER where no candidate is likely enough."""
    touching: dict[Variable, list[Factor]] = {}
    for factor in factors:
        for variable in factor.variables:
            touching.setdefault(variable, []).append(factor)
    starts = [
        {variable: _likeliest(chances) for variable, chances in beliefs.items()},
        {variable: variable.likeliest for variable in beliefs},
    ]
    return max((_improve(start, factors, touching) for start in starts), key=lambda one: _weigh_all(one, factors))


def _improve(choice: Choice, factors: Sequence[Factor], touching: Mapping[Variable, list[Factor]]) -> Choice:
    for _ in range(MAX_SWEEPS):
        has_changed = False
        for factor in factors:
            if _is_best(factor, choice):
                continue
            logs = [_weigh_texts(variable, factor, choice, touching[variable]) for variable in factor.variables]
            for found in _choose(factor, logs):
                changed = choice | dict(zip(factor.variables, found, strict=True))
                concerned = {id(one): one for variable in factor.variables for one in touching[variable]}.values()
                gain = _weigh(changed, factor.variables, concerned) - _weigh(choice, factor.variables, concerned)
                if gain > 1e-9:
                    choice, has_changed = changed, True
        if not has_changed:
            break
    return choice


def _is_best(factor: Factor, choice: Choice) -> bool:
    """Return whether nothing can get better: the sum adds up, and each of its cells has its likeliest text."""
    is_likeliest = all(variable.likeliest == choice[variable] for variable in factor.variables)
    return is_likeliest and factor.weigh(choice) == factor.evidence


def _weigh_texts(variable: Variable, own: Factor, choice: Choice, factors: Sequence[Factor]) -> list[float]:
    """Return the logarithm of the weight of each text, and at last of OTHER, given the other sums as they are."""
    others = [factor for factor in factors if factor is not own]
    found = []
    for index in (*range(len(variable.texts)), OTHER):
        weight = math.log(max(variable.chances[index], TINY))
        if others:
            tried = choice | {variable: index}
            weight += sum(math.log(factor.weigh(tried)) for factor in others)
        found.append(weight)
    return found


def _choose(factor: Factor, logs: Sequence[Sequence[float]]) -> Iterator[list[int]]:
    """Yield the likeliest choices of a sum: of all, of those that add up, and of those with one unknown text."""
    alone = [_index(max(range(len(one)), key=one.__getitem__), one) for one in logs]
    yield alone
    if way := _find_way(factor, logs):
        yield way
    gaps = [one[OTHER] - max(one) for one in logs]
    place = max(range(len(gaps)), key=gaps.__getitem__)
    yield [*alone[:place], OTHER, *alone[place + 1 :]]


def _find_way(factor: Factor, logs: Sequence[Sequence[float]]) -> list[int] | None:
    """Return the likeliest choice that adds up."""
    ways: dict[int, _Way] = {0: (0.0, None, OTHER)}
    for values, weights in zip(factor.values, logs, strict=True):
        following: dict[int, _Way] = {}
        for reached, way in ways.items():
            for index, value in enumerate(values):
                if value is not None:
                    weight = way[0] + weights[index]
                    known = following.get(reached + value)
                    if known is None or known[0] < weight:
                        following[reached + value] = (weight, way, index)
        if not following:
            return None
        ways = _prune(following)
    found: list[int] = []
    last = ways.get(0)
    while last and last[1] is not None:
        found.append(last[2])
        last = last[1]
    return found[::-1] or None


def _prune(ways: dict[int, _Way]) -> dict[int, _Way]:
    least = max(way[0] for way in ways.values()) + LEAST_LOG
    kept = {value: way for value, way in ways.items() if way[0] >= least}
    if len(kept) <= MOST_VALUES:
        return kept
    return dict(sorted(kept.items(), key=lambda item: -item[1][0])[:MOST_VALUES])


def _weigh(choice: Choice, variables: Sequence[Variable], factors: Iterable[Factor]) -> float:
    chances = sum(math.log(max(variable.chances[choice[variable]], TINY)) for variable in variables)
    return chances + sum(math.log(factor.weigh(choice)) for factor in factors)


def _weigh_all(choice: Choice, factors: Sequence[Factor]) -> float:
    return _weigh(choice, list(choice), factors)


def _likeliest(chances: Sequence[float]) -> int:
    return _index(max(range(len(chances)), key=chances.__getitem__), chances)


def _index(place: int, of: Sequence[float]) -> int:
    return OTHER if place == len(of) - 1 else place
