"""Find seams between touching digits: vertical paths through a component that cross the least ink."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink
from ml.recognition.components import label_components

SIDESTEP = 0.1  # cost of a step to the side, in cells of ink: prefers the straighter of two similar seams
THROUGH = tuple(np.linspace(0.08, 0.92, 9).tolist())  # heights at which cheapest seams are sought
MIN_APART = 0.06  # of a typical digit's ink: seams with less ink between them are the same
MIN_INK_SHARE = 0.05  # of a typical digit's ink: the least ink a seam may cut off
MAX_SEAMS = 2  # between two digits
HOLE_COST = 0.05  # of a cell inside a loop, in pen widths: a loop seldom spans two digits
DOUBLE, DOUBLE_COST = (1.5, 2.7), 0.3  # pen widths of two strokes side by side, and the cost of their middle
NEAR = 2  # cells: a seam is the cheapest within this distance
FLAT = 0.12  # of the line's height: a longer flat minimum gives a seam at each of its ends
MIN_HEIGHT = 0.5  # of the line's height: the least height of what a seam cuts off
INSIDE = 0.05  # of the line's height: the least distance of a seam from a digit's recognized position


@dataclass(frozen=True)
class Seam:
    """A path from top to bottom: (h,) the first column to its right in each row; and the ink it crosses, in cells."""

    columns: NDArray[np.int64]
    crossed_ink: float


def find_seams(ink: Ink, line_height: float, pen_width: float, digit_columns: Sequence[float]) -> list[Seam]:
    """Return the cheapest seams between the digits of one component, left to right.

    Args:
        ink: (h, w) in [0, 1], the component's cells.
        line_height: in cells.
        pen_width: in cells.
        digit_columns: at least two columns at which digits were recognized.
    """
    height, width = ink.shape
    paths = _cheapest_seams(
        _thin_double_strokes(ink, pen_width) + HOLE_COST * pen_width * _holes(ink), FLAT * line_height
    )
    upto = np.concatenate([np.zeros((height, 1)), np.cumsum(ink, axis=1)], axis=1)
    lefts = upto[np.arange(height), paths]
    left, total, digit = lefts.sum(axis=1), float(ink.sum()), float(ink.sum()) / len(digit_columns)
    sides = np.minimum(_extents(lefts > 0.3), _extents(upto[:, -1] - lefts > 0.3))
    fits = (np.minimum(left, total - left) >= MIN_INK_SHARE * digit) & (sides >= MIN_HEIGHT * line_height)
    middles = paths.mean(axis=1)
    chosen: list[int] = []
    seams: list[Seam] = []
    for one, other in pairwise(digit_columns):
        inside = min(INSIDE * line_height, (other - one) / 2)
        low, high = one + inside, other - inside
        between = np.flatnonzero(fits & (middles > low) & (middles < high))
        found_here = _select(lefts, between, MIN_APART * digit, chosen)
        found_here = found_here or [int(np.abs(middles - (one + other) / 2).argmin())]
        for columns in np.clip(paths[found_here], round(low), round(high)):
            seams.append(Seam(columns, float(ink[np.arange(height), np.clip(columns, 0, width - 1)].sum())))
        chosen += found_here
    return sorted(seams, key=lambda seam: float(seam.columns.mean()))


def _cheapest_seams(cost: Ink, flat: float) -> NDArray[np.int64]:
    """Return (n, h): seams that are cheaper than their neighbours at some height, the cheapest first."""
    height = len(cost)
    down, came_down = _accumulate_cost(cost)
    up, came_up = _accumulate_cost(cost[::-1])
    through = down + up[::-1] - cost
    found: list[tuple[float, int, int]] = []
    for part in THROUGH:
        row = min(int(part * height), height - 1)
        found += [(float(through[row, column]), row, int(column)) for column in _local_minima(through[row], flat)]
    seeds = np.array([seed[1:] for seed in sorted(found)])
    return _backtrack(came_down, came_up, seeds[:, 0], seeds[:, 1])


def _select(lefts: Ink, places: NDArray[np.int64], apart: float, taken: Sequence[int]) -> list[int]:
    """Return up to MAX_SEAMS of the seams in `places`, the cheapest first, that differ enough from each other.

    lefts: (n, h) the ink to the left of each seam. taken: seams chosen already.
    """
    kept: list[int] = []
    for place in places.tolist():
        if len(kept) >= MAX_SEAMS:
            break
        others = [*kept, *taken]
        if not others or float(np.abs(lefts[others] - lefts[place]).sum(axis=1).min()) >= apart:
            kept.append(place)
    return kept


def _accumulate_cost(ink: Ink) -> tuple[Ink, NDArray[np.int8]]:
    """Return the least cost of a path from the top to each cell, (h, w), and the direction it came from, -1 to 1."""
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


def _thin_double_strokes(ink: Ink, pen_width: float) -> Ink:
    """Return the ink with a low cost in the middle of double-width strokes, where two digits lean on each other."""
    inked = np.pad(ink > 0.5, ((0, 0), (1, 1)))
    rows, starts = np.nonzero(inked[:, 1:-1] & ~inked[:, :-2])
    ends = np.nonzero(inked[:, 1:-1] & ~inked[:, 2:])[1] + 1
    is_double = (ends - starts > DOUBLE[0] * pen_width) & (ends - starts < DOUBLE[1] * pen_width)
    rows, middles = rows[is_double], (starts + ends)[is_double] // 2
    thinned = ink.copy()
    for place in (middles - 1, middles):
        thinned[rows, place] = np.minimum(thinned[rows, place], DOUBLE_COST)
    return thinned


def _holes(ink: Ink) -> Ink:
    """Return (h, w): 1 where paper is enclosed by ink, else 0."""
    labels = label_components(np.pad(ink < 0.3, 1, constant_values=True))
    return np.asarray((labels[1:-1, 1:-1] > 0) & (labels[1:-1, 1:-1] != labels[0, 0]), dtype=np.float32)


def _extents(rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each row of (n, h) the distance from its first to its last true cell."""
    height = rows.shape[1]
    return np.where(rows.any(axis=1), height - rows.argmax(axis=1) - rows[:, ::-1].argmax(axis=1), 0)


def _local_minima(costs: Ink, flat: float) -> list[int]:
    """Return the local minima: the middle of a flat stretch, or both its ends if it is longer than `flat`."""
    pad_with_zeros = np.pad(costs, NEAR, mode="edge")
    lowest = np.minimum.reduce([pad_with_zeros[by : by + len(costs)] for by in range(2 * NEAR + 1)])
    is_low = np.concatenate([[False], costs <= lowest + 0.05, [False]])
    starts, ends = np.flatnonzero(~is_low[:-1] & is_low[1:]), np.flatnonzero(is_low[:-1] & ~is_low[1:]) - 1
    found: list[int] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        found += [start, end] if end - start > flat else [(start + end) // 2]
    return found


def _backtrack(
    came_down: NDArray[np.int8], came_up: NDArray[np.int8], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return (n, h): the columns of the cheapest seam through each of n cells."""

    height = len(came_down)
    paths = np.empty((len(rows), height), dtype=np.int64)
    paths[np.arange(len(rows)), rows] = columns
    for row in range(height - 1, 0, -1):
        at = paths[rows >= row, row]
        paths[rows >= row, row - 1] = at + came_down[row, at]
    for row in range(height - 1):
        at = paths[rows <= row, row]
        paths[rows <= row, row + 1] = at + came_up[height - 1 - row, at]
    return paths
