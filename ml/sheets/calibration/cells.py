"""The probabilities of the texts of each cell, from its reading, what is expected of its column, and its neighbours."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ml.expects import Expectation
from ml.sheets.calibration.columns import MISSED, DecimalForm, find_decimal_form
from ml.sheets.calibration.repairs import repair
from ml.sheets.solving import CellInput, Place
from ml.sheets.states import CellState
from ml.sheets.template import Template
from ml.types import CROSSED_OUT, OTHER_INK

BREAKS = 0.02  # the weight of a text that breaks what is expected, beyond the reader's own
OTHER_WEIGHT = 0.5  # of all texts that were not thought of
LEAST_REPAIRED = 0.02  # the probability from which on a text is repaired
EMPTY_IS_EMPTY, CROSSED_IS_CROSSED, DITTO_IS_DITTO = 0.995, 0.93, 0.97
READ_DITTO, READ_IS_DITTO = ("-11-", "-?-", "-1-"), 0.85  # what ditto marks between dashes are read as
STRUCK_IS_CROSSED = 0.85  # where the reader saw nothing but what was struck through

# The chance that the likeliest text is right: a logistic curve of its log-odds, fitted on tuning photographs.
SLOPE, OFFSET = 0.75, 0.2
UNCLEAR_OFFSET = -0.8  # with ink that is part of no number
MOST_LOG_ODDS = 8.0


class Read(NamedTuple):
    """A reading of a cell, as a Prediction stores it.

    Attributes:
        alternatives: other texts and their probabilities.
        written: all that stands there, as symbols; "" if unknown.
    """

    text: str
    confidence: float
    alternatives: Sequence[tuple[str, float]] = ()
    written: str = ""


class ReadCell(NamedTuple):
    """A cell as it was cut and read.

    Attributes:
        read: None if nothing was read, or the reading failed.
        fixed: what a person confirmed; None if nobody did.
    """

    state: CellState
    read: Read | None = None
    fixed: str | None = None


def calibrate_table(template: Template, cells: Mapping[Place, ReadCell]) -> dict[Place, CellInput]:
    """Return what the solver is told of each cell. The first candidate is the reader's own text."""
    forms = {}
    for column, about in enumerate(template.columns):
        texts = [
            cell.fixed if cell.fixed is not None else cell.read.text
            for (_, its), cell in cells.items()
            if its == column and cell.state is CellState.WRITTEN and (cell.read is not None or cell.fixed is not None)
        ]
        forms[column] = find_decimal_form(texts, about.expects)
    return {
        place: _calibrate(cell, template.columns[place[1]].expects, forms[place[1]]) for place, cell in cells.items()
    }


def _calibrate(cell: ReadCell, expectation: Expectation | None, form: DecimalForm | None) -> CellInput:
    state, read, fixed = cell
    if fixed is not None:
        return CellInput(state, ((read.text, read.confidence),) if read else (), fixed)
    if state is CellState.EMPTY:
        return CellInput(state, (("", EMPTY_IS_EMPTY),))
    if state is CellState.CROSSED_OUT:
        return CellInput(state, (("", CROSSED_IS_CROSSED),))
    if state is CellState.DITTO:
        return CellInput(state, trust=DITTO_IS_DITTO)
    if read is None:
        return CellInput(state)
    if read.written and not read.written.strip(CROSSED_OUT):
        return CellInput(CellState.CROSSED_OUT, (("", STRUCK_IS_CROSSED), (read.text, 0.1)))
    if read.written in READ_DITTO:
        return CellInput(CellState.DITTO, trust=READ_IS_DITTO)
    return CellInput(state, _weigh_texts(read, expectation, form))


def _weigh_texts(
    read: Read, expectation: Expectation | None, form: DecimalForm | None
) -> tuple[tuple[str, float], ...]:
    """Return the texts of a reading and those they may be repaired to, with calibrated probabilities."""
    rest = max(1 - read.confidence, 0.0)
    listed = sum(chance for _, chance in read.alternatives)
    scale = min(1.0, rest / listed) if listed > 0 else 0.0
    masses = {text: chance * scale for text, chance in read.alternatives}
    masses[read.text] = masses.get(read.text, 0.0) + read.confidence
    other = max(1 - sum(masses.values()), 1e-4) * OTHER_WEIGHT
    for text, mass in list(masses.items()) if expectation is not None else ():
        if mass >= LEAST_REPAIRED and expectation is not None and expectation.problem(text) is not None:
            for made, chance in repair(text, expectation).items():
                masses[made] = masses.get(made, 0.0) + mass * chance
        marked = form.insert_mark(text) if form is not None and mass >= LEAST_REPAIRED else None
        if marked is not None:
            masses[marked] = masses.get(marked, 0.0) + mass * MISSED
    for text in masses:
        if expectation is not None and expectation.problem(text) is not None:
            masses[text] *= BREAKS
        if form is not None:
            masses[text] *= form.weigh(text)
    total = sum(masses.values()) + other
    chances = {text: mass / total for text, mass in masses.items()}
    return _calibrate_best(chances, read)


def _calibrate_best(chances: dict[str, float], read: Read) -> tuple[tuple[str, float], ...]:
    best = max(chances, key=chances.__getitem__)
    chance = chances[best]
    log_odds = min(math.log(max(chance, 1e-6) / max(1 - chance, 1e-6)), MOST_LOG_ODDS)
    is_unclear = OTHER_INK in read.written or CROSSED_OUT in read.written
    calibrated = 1 / (1 + math.exp(-(SLOPE * log_odds + OFFSET + UNCLEAR_OFFSET * is_unclear)))
    scale = (1 - calibrated) / max(1 - chance, 1e-9)
    found = {text: calibrated if text == best else one * min(scale, 1e6) for text, one in chances.items()}
    ordered = sorted(found, key=lambda text: (text != read.text, -found[text]))
    return tuple((text, found[text]) for text in ordered[:8])


def expected_errors(confidences: Iterable[float], threshold: float) -> float:
    """Return how many errors to expect among the cells that are accepted: those at least as sure as the threshold."""
    return sum(1 - confidence for confidence in confidences if confidence >= threshold)
