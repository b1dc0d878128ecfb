"""The probabilities of the texts of each cell, from its reading, what is expected of its column, and its neighbours."""

import math
from collections import Counter
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
EMPTY_IS_EMPTY, CROSSED_IS_CROSSED, DITTO_IS_DITTO = 0.998, 0.97, 0.97
READ_DITTO, READ_IS_DITTO = ("-11-", "-?-", "-1-"), 0.85  # what ditto marks between dashes are read as
COVERED = 0.5  # what is seen of a cell that something lies over
STRUCK_IS_CROSSED = 0.85  # where the reader saw nothing but what was struck through

# The log-odds that the likeliest text is right, fitted on tuning photographs: python -m ml.evaluation.sheets --fit
SLOPE, OFFSET, UNCLEAR, UNFIT = 1.08, -0.17, -1.59, 1.52  # UNCLEAR with ink that is part of no number
MOST_LOG_ODDS = 5.5  # of a reading: surer ones are wrong as often, and this bound makes the fit likeliest
LEFT_OUT = 0.5  # of readings of one number among several, or without a sign that stands there, as in 3+4
MOST_CANDIDATES = 8


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
        is_covered: whether something lies over it.
    """

    state: CellState
    read: Read | None = None
    fixed: str | None = None
    is_covered: bool = False


def calibrate_table(template: Template, cells: Mapping[Place, ReadCell]) -> dict[Place, CellInput]:
    """Return what the solver is told of each cell. The first candidate is the reader's own text."""
    forms = find_forms(template, cells)
    found = {place: _calibrate(cell, template.expects_at(*place), forms.get(place[1])) for place, cell in cells.items()}
    return found | {
        place: _doubt(found[place]) for place, cell in cells.items() if cell.is_covered and cell.fixed is None
    }


def _doubt(cell: CellInput) -> CellInput:
    """Return a cell that something lies over."""
    candidates = tuple((text, chance * COVERED) for text, chance in cell.candidates)
    return cell._replace(candidates=candidates, trust=cell.trust * COVERED)


def find_forms(template: Template, cells: Mapping[Place, ReadCell]) -> dict[int, DecimalForm]:
    """Return how the numbers of each column are written that has a form."""
    forms = {}
    for column, about in enumerate(template.columns):
        texts = [
            cell.fixed if cell.fixed is not None else cell.read.text if cell.read is not None else ""
            for (_, its), cell in cells.items()
            if its == column and cell.state is CellState.WRITTEN
        ]
        if form := find_decimal_form(texts, about.expects):
            forms[column] = form
    return forms


def _calibrate(cell: ReadCell, expectation: Expectation | None, form: DecimalForm | None) -> CellInput:
    state, read, fixed = cell.state, cell.read, cell.fixed
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
    return CellInput(state, calibrate_texts(weigh_texts(read, expectation, form), read, expectation))


def weigh_texts(read: Read, expectation: Expectation | None, form: DecimalForm | None) -> dict[str, float]:
    """Return the texts of a reading, and those they may be mended to, with their probabilities before calibration."""
    rest = max(1 - read.confidence, 0.0)
    listed = sum(chance for _, chance in read.alternatives)
    scale = min(1.0, rest / listed) if listed > 0 else 0.0
    masses = {text: chance * scale for text, chance in read.alternatives}
    masses[read.text] = masses.get(read.text, 0.0) + read.confidence
    other = max(1 - sum(masses.values()), 1e-4) * OTHER_WEIGHT
    likely = [(text, mass) for text, mass in masses.items() if mass >= LEAST_REPAIRED]
    for text, mass in likely:
        for made, chance in _mend(text, expectation, form).items():
            masses[made] = masses.get(made, 0.0) + mass * chance
    for text in masses:
        if expectation is not None and expectation.problem(text) is not None:
            masses[text] *= BREAKS
        if form is not None:
            masses[text] *= form.weigh(text)
    total = sum(masses.values()) + other
    return {text: mass / total for text, mass in masses.items()}


def _mend(text: str, expectation: Expectation | None, form: DecimalForm | None) -> dict[str, float]:
    """Return what a text may be instead, if the reader mistook or missed signs, and how likely that is."""
    made = repair(text, expectation) if expectation is not None and expectation.problem(text) is not None else {}
    marked = form.insert_mark(text) if form is not None else None
    return made | ({marked: MISSED} if marked is not None else {})


def find_features(chances: Mapping[str, float], read: Read, expectation: Expectation | None) -> tuple[float, ...]:
    """Return what the log-odds are fitted on: those before calibration, and 0 or 1 for each obstacle."""
    best = max(chances, key=chances.__getitem__)
    chance = min(max(chances[best], 1e-6), 1 - 1e-6)
    is_unclear = OTHER_INK in read.written or CROSSED_OUT in read.written
    is_unfit = expectation is not None and expectation.problem(read.text) is not None
    return min(math.log(chance / (1 - chance)), MOST_LOG_ODDS), 1.0, float(is_unclear), float(is_unfit)


def calibrate_texts(
    chances: Mapping[str, float], read: Read, expectation: Expectation | None
) -> tuple[tuple[str, float], ...]:
    """Return texts and their probabilities, the reader's own first; the others share what the likeliest leaves."""
    features = find_features(chances, read, expectation)
    log_odds = sum(weight * one for weight, one in zip((SLOPE, OFFSET, UNCLEAR, UNFIT), features, strict=True))
    best = max(chances, key=chances.__getitem__)
    calibrated = 1 / (1 + math.exp(-log_odds))
    if leaves_out(read):
        calibrated *= LEFT_OUT
    scale = (1 - calibrated) / max(1 - chances[best], 1e-9)
    found = {text: min(one * scale, calibrated) for text, one in chances.items()} | {best: calibrated}
    ordered = sorted(found, key=lambda text: (text != read.text, -found[text]))
    return tuple((text, found[text]) for text in ordered[:MOST_CANDIDATES])


def leaves_out(read: Read) -> bool:
    """Return whether a digit or sign that stands there is not in the text; other ink counts elsewhere."""
    rest = Counter(read.written) - Counter(read.text)
    return any(symbol not in (OTHER_INK, CROSSED_OUT, " ") for symbol in rest)


def expected_errors(confidences: Iterable[float], threshold: float) -> float:
    """Return how many errors to expect among the cells that are accepted: those at least as sure as the threshold."""
    return sum(1 - confidence for confidence in confidences if confidence >= threshold)
