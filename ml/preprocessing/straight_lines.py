"""Find long straight lines, nearly level or upright, in a drawing: candidates for borders, boxes and underlines."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.labels import find_runs

MAX_SLOPE = 0.06  # three and a half degrees
SLOPES = 25
MAX_THICKNESS = 0.055  # of the longer side
MIN_COVERAGE = 0.72  # of the columns between a line's ends hold it
MAX_GAP = 0.16  # of a line's length: a digit that crosses it
MAX_WOBBLE = 0.8  # cells, or a quarter of the thickness: how far a line's middle may stray
LEAST_CELLS = 12  # a shorter line is no more straight than any stroke
MAX_LINES = 16  # in one direction


@dataclass(frozen=True)
class StraightLine:
    """A line in cells: nearly level, or nearly upright if `is_upright`, which swaps rows and columns.

    Attributes:
        at, slope: the line's middle is at row `at` + `slope` * column.
        start, end: the first column, and the one behind the last.
        thickness: in cells.
    """

    at: float
    slope: float
    start: int
    end: int
    thickness: float
    is_upright: bool

    @property
    def length(self) -> int:
        """Return the length in cells."""
        return self.end - self.start

    def middle(self, column: float) -> float:
        """Return the row of the line's middle at a column."""
        return self.at + self.slope * column


def find_straight_lines(inked: NDArray[np.bool_], least_length: float, is_upright: bool) -> list[StraightLine]:
    """Return the straight lines of (h, w) that are thin and at least `least_length` cells long.

    A Hough transform over the middles of thin runs, which leave out the places where a digit crosses the line.
    """
    least_length = max(least_length, LEAST_CELLS)
    rows, columns, lengths = _thin_runs(inked if is_upright else inked.T)
    found: list[StraightLine] = []
    if len(rows) < least_length * MIN_COVERAGE:
        return found
    slopes = np.linspace(-MAX_SLOPE, MAX_SLOPE, SLOPES)
    keys = np.rint(rows[:, None] - columns[:, None] * slopes).astype(np.int64)
    keys -= keys.min()
    span = int(keys.max()) + 1
    keys += np.arange(SLOPES) * span  # slope * span + offset
    count = np.bincount(keys.reshape(-1), minlength=SLOPES * span)
    while len(rows) >= least_length * MIN_COVERAGE and len(found) < MAX_LINES:
        near = count.reshape(SLOPES, span).copy()
        near[:, 1:] += count.reshape(SLOPES, span)[:, :-1]
        near[:, :-1] += count.reshape(SLOPES, span)[:, 1:]
        best = int(near.argmax())
        if int(near.flat[best]) < MIN_COVERAGE * least_length:
            break
        close = np.abs(keys[:, best // span] - best) <= 2
        line = _fit(rows[close], columns[close], lengths[close], least_length, is_upright)
        if line:
            found.append(line)
        count -= np.bincount(keys[close].reshape(-1), minlength=len(count))
        rows, columns, lengths, keys = rows[~close], columns[~close], lengths[~close], keys[~close]
    return found


def _thin_runs(turned: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the middle row, the column and the length of each thin run along a column, whose cells are a row here."""
    starts, ends = find_runs(turned)
    lengths = ends - starts
    thin = lengths <= max(3, round(MAX_THICKNESS * max(turned.shape)))
    starts, lengths = starts[thin], lengths[thin]
    columns, rows = np.divmod(starts, turned.shape[1] + 1)
    return rows + (lengths - 1) / 2, columns, lengths


def _fit(
    rows: NDArray[np.float64],
    columns: NDArray[np.int64],
    lengths: NDArray[np.int64],
    least_length: float,
    is_upright: bool,
) -> StraightLine | None:
    """Return the line through runs, without its loose ends; None if they are no straight line of some length."""
    thickness = float(np.sort(lengths)[len(lengths) // 2])
    alike = (lengths <= 2.5 * thickness + 1) & (lengths >= 0.4 * thickness - 1)
    rows, columns = rows[alike], columns[alike]
    if len(rows) < MIN_COVERAGE * least_length:
        return None
    held = np.flatnonzero(np.bincount(columns))
    breaks = np.flatnonzero(held[1:] - held[:-1] > max(3.0, MAX_GAP * len(held))) + 1
    bounds = [0, *breaks.tolist(), len(held)]
    longest = held[slice(*max(pairwise(bounds), key=lambda part: part[1] - part[0]))]
    start, end = int(longest[0]), int(longest[-1]) + 1
    inside = (columns >= start) & (columns < end)
    if end - start < least_length or len(longest) < MIN_COVERAGE * (end - start):
        return None
    x, y = columns[inside] - columns[inside].mean(), rows[inside]
    slope = float(x @ y) / max(float(x @ x), 1e-9)
    at = float(y.mean()) - slope * float(columns[inside].mean())
    stray = np.sort(np.abs(y - at - slope * columns[inside]))
    if stray[int(0.9 * len(stray))] > max(MAX_WOBBLE, thickness / 4):
        return None
    return StraightLine(at, slope, start, end, thickness, is_upright)
