"""Find the most likely table: each cell's candidates, weighed by the sums they take part in.

A cell is a variable: its candidates with their probabilities, and "another text" with what is left. A sum is a
factor. If it adds up, that is strong evidence for all its cells; if it does not, one of them was misread, or the writer
can't add (`WRONG_SUM`). An empty cell counts as 0; a sum is not checked while its total or all its parts are empty.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ml.sheets.solving.beliefs import find_beliefs
from ml.sheets.solving.best_table import find_best
from ml.sheets.solving.factors import OTHER, Factor, Variable
from ml.sheets.solving.sums import Place, SumAt, WrongSum, check_sum, find_sums
from ml.sheets.states import CellState
from ml.sheets.template import Template

LEAST_CHANCE = 1e-6  # of another text than the candidates


class CellInput(NamedTuple):
    """What is known of a cell.

    Attributes:
        candidates: texts and their probabilities, the reader's own text first; the probability that is missing from 1
            is that of another text. An empty cell has the candidate "". Of a DITTO cell, those of the cell above count.
        fixed: what a person confirmed; None if nobody did.
        trust: the probability that ditto marks are ditto marks.
    """

    state: CellState
    candidates: tuple[tuple[str, float], ...] = ()
    fixed: str | None = None
    trust: float = 1.0


class Solved(NamedTuple):
    """The value of a cell.

    Attributes:
        confidence: the probability that the text is right, given the sums.
        is_changed: whether the text is another than the reader's own.
        sums: the indexes in the template of the sums that the cell takes part in and that add up with this text.
    """

    text: str
    confidence: float
    is_changed: bool = False
    sums: tuple[int, ...] = ()


class Solution(NamedTuple):
    """The most likely table, and the sums that do not add up in it."""

    cells: Mapping[Place, Solved]
    wrong_sums: list[WrongSum]


def solve(template: Template, cells: Mapping[Place, CellInput]) -> Solution:
    """Return the most likely table; confirmed cells stay as they are.

    Takes about 30 ms for 240 cells with sums of rows, and 150 ms if there are sums of all columns, too.
    """
    variables: dict[Place, Variable] = {}
    for place in sorted(cells):
        variables[place] = _make_variable(place, cells, variables)
    sums = [one for one in find_sums(template, variables) if _is_checked(one, variables)]
    factors = [Factor.make(variables[one.total], [variables[place] for place in one.parts]) for one in sums]
    beliefs = find_beliefs(factors)
    best = find_best(factors, beliefs)
    chosen = {place: _choose(variable, best) for place, variable in variables.items()}
    texts = {place: variable.texts[chosen[place]] if variable.texts else "" for place, variable in variables.items()}
    wrong_sums = [wrong for one in sums if (wrong := check_sum(one, texts))]
    known_wrong = {(one.number, one.total) for one in wrong_sums}
    adding_up: dict[Place, list[int]] = {}
    for one in sums:
        for place in (one.total, *one.parts) if (one.number, one.total) not in known_wrong else ():
            adding_up.setdefault(place, []).append(one.number)
    solved = {}
    for place, variable in variables.items():
        index = chosen[place]
        confidence = _find_confidence(cells[place], variable, index, beliefs)
        solved[place] = Solved(texts[place], confidence, bool(index), tuple(adding_up.get(place, ())))
    return Solution(solved, wrong_sums)


def _choose(variable: Variable, best: Mapping[Variable, int]) -> int:
    """Return the index of the text to propose: the reader's own where none is likely."""
    index = best.get(variable)
    if index is None:
        likeliest = max(range(len(variable.texts)), key=variable.chances.__getitem__, default=0)
        return likeliest
    return 0 if index == OTHER else index


def _find_confidence(
    cell: CellInput, variable: Variable, index: int, beliefs: Mapping[Variable, tuple[float, ...]]
) -> float:
    if not variable.texts:
        return 0.0
    found = beliefs.get(variable, variable.chances)[index]
    return found * cell.trust if cell.state is CellState.DITTO and cell.fixed is None else found


def _make_variable(place: Place, cells: Mapping[Place, CellInput], above: Mapping[Place, Variable]) -> Variable:
    """Return the cell's variable; for ditto marks, that of the cell above, so that both change together."""
    cell = cells[place]
    if cell.fixed is not None:
        return Variable.make([(cell.fixed, 1.0)], 0.0)
    higher = above.get((place[0] - 1, place[1]))
    if cell.state is CellState.DITTO and higher is not None:
        return higher
    candidates = list(dict(reversed(cell.candidates)).items())[::-1]
    total = sum(chance for _, chance in candidates)
    scale = (1 - LEAST_CHANCE) / max(total, 1 - LEAST_CHANCE)
    return Variable.make([(text, max(chance, 0.0) * scale) for text, chance in candidates], 1 - total * scale)


def _is_checked(one: SumAt, variables: Mapping[Place, Variable]) -> bool:
    """Return whether there is something to check: a total, and at least one part, all of them read."""
    total = variables[one.total]
    parts = [variables[place] for place in one.parts]
    has_all = all(variable.texts for variable in (total, *parts))  # a cell that could not be read may hold anything
    return has_all and not total.is_empty and not all(part.is_empty for part in parts)
