"""What a reading of a cell is worth: the probabilities of its texts, and how many errors are left. No NumPy."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ml.sheets.solving import CellInput
from ml.sheets.states import CellState
from ml.types import CROSSED_OUT


class Read(NamedTuple):
    """A reading of a cell, as a Prediction stores it.

    Attributes:
        alternatives: other texts and their probabilities.
        written: all that stands there, as symbols.
    """

    text: str
    confidence: float
    alternatives: Sequence[tuple[str, float]] = ()
    written: str = ""


def calibrate_cell(state: CellState, read: Read | None = None) -> CellInput:
    """Return what the solver is told of a cell; `read` is None where nothing was read or the reading failed."""
    if state is CellState.EMPTY:
        return CellInput(state, (("", 0.995),))
    if state is CellState.CROSSED_OUT:
        return CellInput(state, (("", 0.9),))
    if state is CellState.DITTO:
        return CellInput(state, trust=0.95)
    if read is None:
        return CellInput(state)
    if read.written and not read.written.strip(CROSSED_OUT):
        return CellInput(CellState.CROSSED_OUT, (("", 0.7), (read.text, 0.1)))
    rest = max(1 - read.confidence, 0.0)
    total = sum(chance for _, chance in read.alternatives)
    scale = min(1.0, rest / total) if total > 0 else 0.0
    return CellInput(
        state, ((read.text, read.confidence), *((text, chance * scale) for text, chance in read.alternatives))
    )


def expected_errors(confidences: Iterable[float], threshold: float) -> float:
    """Return how many errors to expect among the cells that are accepted: those at least as sure as the threshold."""
    return sum(1 - confidence for confidence in confidences if confidence >= threshold)
