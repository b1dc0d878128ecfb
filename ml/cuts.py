"""Where touching digits may be parted: the ways down through a piece of ink that cross the least of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.ink import Ink
from ml.segment import label_pieces

SIDESTEP = 0.1  # what a step to the side costs, in cells of ink: of two ways alike the straighter
THROUGH = tuple(np.linspace(0.08, 0.92, 9).tolist())  # heights at which the ways are told from one another
APART = 0.06  # of a typical digit's ink: two cuts with less of it between them are one
LEAST_SIDE = 0.05  # of a typical digit's ink: less than that is not cut off
CUTS_A_DIGIT = 9
BIN = 0.14  # of the line's height: the cheapest cut in each such width is kept first
HOLE = 0.05  # what a cell inside a loop costs, in widths of the pen: loops are seldom two digits'
DOUBLE, SEAM = (1.5, 2.7), 0.3  # widths of the pen that are two strokes side by side, and what their middle costs
NEAR = 2  # cells to either side in which nothing is cheaper than a cut
LEVEL = 0.12  # of the line's height: a stroke that runs on so long may be cut at both its ends
LOWEST_SIDE = 0.5  # of the line's height: what is cut off is at least so high
TYPICAL_WIDTH = 0.62  # of a digit, in heights of the line


@dataclass(frozen=True)
class Cut:
    """A way down: at each row, (h,), the first column to its right; and how much ink it crosses, in cells."""

    columns: NDArray[np.int64]
    crossed: float


def find_cuts(ink: Ink, tall: float, pen: float) -> list[Cut]:
    """Give the cheapest cuts of a piece of ink, left to right and not crossing each other.

    ink: (h, w) in [0, 1], cells of one piece. tall, pen: the line's height and the pen's width, in cells.
    """
    height, width = ink.shape
    most = round(CUTS_A_DIGIT * max(width / (TYPICAL_WIDTH * tall), 1.0))
    cost = _thinned(ink, pen) + HOLE * pen * _holes(ink)
    down, came_down = _ways(cost)
    up, came_up = _ways(cost[::-1])
    through = down + up[::-1] - cost
    found: list[tuple[float, int, int]] = []
    for part in THROUGH:
        row = min(int(part * height), height - 1)
        found += [(float(through[row, column]), row, int(column)) for column in _minima(through[row], LEVEL * tall)]
    total = float(ink.sum())
    digit = total / max(width / (TYPICAL_WIDTH * tall), 1.0)
    parted: list[Ink] = []
    upto = np.concatenate([np.zeros((height, 1)), np.cumsum(ink, axis=1)], axis=1)
    rows, inked = np.arange(height), upto[:, -1] > 0
    kept: list[Cut] = []
    bins: set[int] = set()
    ranked = sorted(found)
    for is_first in (True, False):
        for _, row, column in ranked:
            if len(kept) >= most:
                break
            if is_first and int(column / (BIN * tall)) in bins:
                continue
            way = _trace(came_down, came_up, row, column)
            lefts = upto[rows, way]
            left = float(lefts.sum())
            sides = _span(lefts > 0.3), _span(inked & (upto[:, -1] - lefts > 0.3))
            if min(left, total - left) < LEAST_SIDE * digit or min(sides) < LOWEST_SIDE * tall:
                continue
            if any(float(np.abs(lefts - other).sum()) < APART * digit for other in parted):
                continue
            place = int(way.mean() / (BIN * tall))
            if is_first and place in bins:
                continue
            bins |= {place, int(column / (BIN * tall))}
            parted.append(lefts)
            kept.append(Cut(way, float(ink[rows, way].sum())))
    return sorted(kept, key=lambda cut: float(cut.columns.mean()))


def _ways(ink: Ink) -> tuple[Ink, NDArray[np.int8]]:
    """Give (h, w) each: the least ink on any way from the top down to a cell, and from which side it came, -1 to 1."""
    height, width = ink.shape
    least, came = np.empty((height, width), dtype=np.float32), np.zeros((height, width), dtype=np.int8)
    least[0] = ink[0]
    above = np.full(width + 2, 1e6, dtype=np.float32)
    for row in range(1, height):
        above[1:-1] = least[row - 1]
        straight, left, right = above[1:-1], above[:-2] + SIDESTEP, above[2:] + SIDESTEP
        best = np.minimum(left, right)
        side = np.where(left <= right, -1, 1)
        is_straight = straight <= best
        came[row] = np.where(is_straight, 0, side)
        least[row] = np.where(is_straight, straight, best) + ink[row]
    return least, came


def _thinned(ink: Ink, pen: float) -> Ink:
    """Give the ink, cheap to cross in the middle of what is two strokes broad: there two digits lean on each other."""
    inked = np.pad(ink > 0.5, ((0, 0), (1, 1)))
    rows, starts = np.nonzero(inked[:, 1:-1] & ~inked[:, :-2])
    ends = np.nonzero(inked[:, 1:-1] & ~inked[:, 2:])[1] + 1
    is_double = (ends - starts > DOUBLE[0] * pen) & (ends - starts < DOUBLE[1] * pen)
    rows, middles = rows[is_double], (starts + ends)[is_double] // 2
    thinned = ink.copy()
    for place in (middles - 1, middles):
        thinned[rows, place] = np.minimum(thinned[rows, place], SEAM)
    return thinned


def _holes(ink: Ink) -> Ink:
    """Give (h, w): 1 where paper is enclosed by ink."""
    labels = label_pieces(np.pad(ink < 0.3, 1, constant_values=True))
    return np.asarray((labels[1:-1, 1:-1] > 0) & (labels[1:-1, 1:-1] != labels[0, 0]), dtype=np.float32)


def _span(rows: NDArray[np.bool_]) -> int:
    """Give from the first to the last of these rows how many there are."""
    found = np.flatnonzero(rows)
    return int(found[-1] - found[0]) + 1 if len(found) else 0


def _minima(costs: Ink, level: float) -> list[int]:
    """Give the places of local minima: the middle of a level stretch, or both its ends if it is longer than that."""
    padded = np.pad(costs, NEAR, mode="edge")
    lowest = np.minimum.reduce([padded[by : by + len(costs)] for by in range(2 * NEAR + 1)])
    is_low = np.concatenate([[False], costs <= lowest + 0.05, [False]])
    starts, ends = np.flatnonzero(~is_low[:-1] & is_low[1:]), np.flatnonzero(is_low[:-1] & ~is_low[1:]) - 1
    found: list[int] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        found += [start, end] if end - start > level else [(start + end) // 2]
    return found


def _trace(came_down: NDArray[np.int8], came_up: NDArray[np.int8], row: int, column: int) -> NDArray[np.int64]:
    """Give (h,): the column of the best way through this cell in each row."""
    height = len(came_down)
    way = np.empty(height, dtype=np.int64)
    way[row] = at = column
    for above in range(row, 0, -1):
        at += int(came_down[above, at])
        way[above - 1] = at
    at = column
    for below in range(row, height - 1):
        at += int(came_up[height - 1 - below, at])
        way[below + 1] = at
    return way
