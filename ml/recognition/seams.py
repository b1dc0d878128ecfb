"""Where touching digits may be parted: the ways down through a piece of ink that cross the least of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink
from ml.recognition.components import label_pieces

SIDESTEP = 0.1  # what a step to the side costs, in cells of ink: of two ways alike the straighter
THROUGH = tuple(np.linspace(0.08, 0.92, 9).tolist())  # heights at which the ways are told from one another
APART = 0.06  # of a typical digit's ink: two cuts with less of it between them are one
LEAST_SIDE = 0.05  # of a typical digit's ink: less than that is not cut off
CUTS = 2  # between two digits
HOLE = 0.05  # what a cell inside a loop costs, in widths of the pen: loops are seldom two digits'
DOUBLE, SEAM = (1.5, 2.7), 0.3  # widths of the pen that are two strokes side by side, and what their middle costs
NEAR = 2  # cells to either side in which nothing is cheaper than a cut
LEVEL = 0.12  # of the line's height: a stroke that runs on so long may be cut at both its ends
LOWEST_SIDE = 0.5  # of the line's height: what is cut off is at least so high
INSIDE = 0.05  # of the line's height: a cut keeps so far away from where digits were seen


@dataclass(frozen=True)
class Cut:
    """A way down: at each row, (h,), the first column to its right; and how much ink it crosses, in cells."""

    columns: NDArray[np.int64]
    crossed: float


def find_cuts(ink: Ink, tall: float, pen: float, at: Sequence[float]) -> list[Cut]:
    """Return the cheapest cuts of a piece of ink between digits, left to right.

    ink: (h, w) in [0, 1], cells of one piece. tall, pen: the line's height and the pen's width, in cells. at: the
    columns in which its digits were seen, at least two.
    """
    height, width = ink.shape
    ways = _cheapest_ways(_thinned(ink, pen) + HOLE * pen * _holes(ink), LEVEL * tall)
    upto = np.concatenate([np.zeros((height, 1)), np.cumsum(ink, axis=1)], axis=1)
    lefts = upto[np.arange(height), ways]
    left, total, digit = lefts.sum(axis=1), float(ink.sum()), float(ink.sum()) / len(at)
    sides = np.minimum(_spans(lefts > 0.3), _spans(upto[:, -1] - lefts > 0.3))
    fits = (np.minimum(left, total - left) >= LEAST_SIDE * digit) & (sides >= LOWEST_SIDE * tall)
    middles = ways.mean(axis=1)
    chosen: list[int] = []
    cuts: list[Cut] = []
    for one, other in pairwise(at):
        inside = min(INSIDE * tall, (other - one) / 2)
        low, high = one + inside, other - inside
        between = np.flatnonzero(fits & (middles > low) & (middles < high))
        found_here = _choose(lefts, between, APART * digit, chosen)
        found_here = found_here or [int(np.abs(middles - (one + other) / 2).argmin())]
        for columns in np.clip(ways[found_here], round(low), round(high)):
            cuts.append(Cut(columns, float(ink[np.arange(height), np.clip(columns, 0, width - 1)].sum())))
        chosen += found_here
    return sorted(cuts, key=lambda cut: float(cut.columns.mean()))


def _cheapest_ways(cost: Ink, level: float) -> NDArray[np.int64]:
    """Return (n, h): ways down that are cheaper than their neighbours at some height, the cheapest first."""
    height = len(cost)
    down, came_down = _ways(cost)
    up, came_up = _ways(cost[::-1])
    through = down + up[::-1] - cost
    found: list[tuple[float, int, int]] = []
    for part in THROUGH:
        row = min(int(part * height), height - 1)
        found += [(float(through[row, column]), row, int(column)) for column in _minima(through[row], level)]
    seeds = np.array([seed[1:] for seed in sorted(found)])
    return _trace(came_down, came_up, seeds[:, 0], seeds[:, 1])


def _choose(lefts: Ink, places: NDArray[np.int64], apart: float, taken: Sequence[int]) -> list[int]:
    """Return CUTS of these ways, the cheapest first, that are not alike.

    lefts: (n, h) the ink to the left of each way. taken: ways that are cuts already.
    """
    kept: list[int] = []
    for place in places.tolist():
        if len(kept) >= CUTS:
            break
        others = [*kept, *taken]
        if not others or float(np.abs(lefts[others] - lefts[place]).sum(axis=1).min()) >= apart:
            kept.append(place)
    return kept


def _ways(ink: Ink) -> tuple[Ink, NDArray[np.int8]]:
    """Return (h, w) each: the least ink on any way from the top down to a cell, and from which side it came, -1 to 1."""
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
    """Return the ink, cheap to cross in the middle of what is two strokes broad: there two digits lean on each other."""
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
    """Return (h, w): 1 where paper is enclosed by ink."""
    labels = label_pieces(np.pad(ink < 0.3, 1, constant_values=True))
    return np.asarray((labels[1:-1, 1:-1] > 0) & (labels[1:-1, 1:-1] != labels[0, 0]), dtype=np.float32)


def _spans(rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each of (n, h) from the first to the last true one how many there are."""
    height = rows.shape[1]
    return np.where(rows.any(axis=1), height - rows.argmax(axis=1) - rows[:, ::-1].argmax(axis=1), 0)


def _minima(costs: Ink, level: float) -> list[int]:
    """Return the places of local minima: the middle of a level stretch, or both its ends if it is longer than that."""
    padded = np.pad(costs, NEAR, mode="edge")
    lowest = np.minimum.reduce([padded[by : by + len(costs)] for by in range(2 * NEAR + 1)])
    is_low = np.concatenate([[False], costs <= lowest + 0.05, [False]])
    starts, ends = np.flatnonzero(~is_low[:-1] & is_low[1:]), np.flatnonzero(is_low[:-1] & ~is_low[1:]) - 1
    found: list[int] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        found += [start, end] if end - start > level else [(start + end) // 2]
    return found


def _trace(
    came_down: NDArray[np.int8], came_up: NDArray[np.int8], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return (n, h): the column of the best way through each of n cells in each row."""
    height = len(came_down)
    ways = np.empty((len(rows), height), dtype=np.int64)
    ways[np.arange(len(rows)), rows] = columns
    for row in range(height - 1, 0, -1):
        at = ways[rows >= row, row]
        ways[rows >= row, row - 1] = at + came_down[row, at]
    for row in range(height - 1):
        at = ways[rows <= row, row]
        ways[rows <= row, row + 1] = at + came_up[height - 1 - row, at]
    return ways
