"""Tell which way a table is up, and its printed heads from the rows to fill in.

Printed letters are smaller than handwriting, and stand in the first row of nearly all columns. Cells are wider than
they are high. Where neither tells, the photograph is taken to be upright.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.tables.tracking import Contrast, Floats

INK = 0.3  # of the darkest ink's contrast
LEAST_INK = 0.06
LINE_PX = 5  # taken away along the grid's lines
SPECK = 0.08  # of a row's height
SMALL = 0.74  # of the writing in the same column: printed letters
FIRST_CHOICE, ASPECT_WEIGHT, LABELS_WEIGHT = 0.25, 1.6, 0.5
MOST_HEADS = 3
HEAD_SCORE = 0.25
MERGED, DRAWN = 0.35, 0.3  # of a side that is seen; of the inner sides of a row that are missing
ODD_HEIGHT = 0.2  # a row that is so much higher or lower than the others, which are alike


class Upright(NamedTuple):
    """How a table stands.

    Attributes:
        turns: quarter turns, clockwise, that make it upright.
        head_rows: from the top, once it is.
    """

    turns: int
    head_rows: int


def find_upright(contrast: Contrast, corners: Floats, edges: tuple[Floats, Floats], turns: int | None = None) -> Upright:
    """Return how a table stands, unless `turns` says it, and how many of its rows are heads.

    Args:
        contrast: the straightened picture.
        corners: (rows + 1, columns + 1, 2) px of it.
        edges: which share of each cell's side above it and to its left is seen.
        turns: quarter turns, clockwise, that make it upright; None if unknown.
    """
    sizes = _measure_ink(contrast, corners)
    if turns is None:
        turns = _find_turns(corners, sizes)
    above, left = edges
    upright = np.rot90(sizes, -turns)
    sides = left if turns % 2 == 0 else above.T
    heights = np.diff(corners[:, :, 1].mean(axis=1)) if turns % 2 == 0 else np.diff(corners[:, :, 0].mean(axis=0))
    if turns in (2, 3):
        sides = sides[::-1]
        heights = heights[::-1]
    if turns == 3:  # the right side is the top: its columns are rows, from the last on
        pass
    return Upright(turns, _count_heads(upright, sides, heights))


def _measure_ink(contrast: Contrast, corners: Floats) -> Floats:
    """Return (rows, columns): the size in px of the larger parts of the ink in each cell; 0 without ink."""
    low = np.maximum(np.floor(corners.min(axis=(0, 1))).astype(int), 0)
    high = np.ceil(corners.max(axis=(0, 1))).astype(int) + 1
    picture = np.ascontiguousarray(contrast[low[1] : high[1], low[0] : high[0]])
    inside = np.round(corners - low).astype(np.int32)
    for line in (*inside, *inside.transpose(1, 0, 2)):
        cv2.polylines(picture, [np.ascontiguousarray(line).reshape(-1, 1, 2)], isClosed=False, color=(0.0,), thickness=LINE_PX)
    dark = picture[picture > LEAST_INK]
    level = max(LEAST_INK, INK * float(np.quantile(dark, 0.95))) if dark.size else 1.0
    _, _, stats, middles = cv2.connectedComponentsWithStats((picture > level).astype(np.uint8), connectivity=8)
    rows, columns = (np.diff(corners[:, :, axis].mean(axis=1 - axis_of)).min() for axis, axis_of in ((1, 0), (0, 1)))
    sizes: dict[tuple[int, int], list[float]] = {}
    lines_y, lines_x = inside[:, :, 1].mean(axis=1), inside[:, :, 0].mean(axis=0)
    for (_, _, width, height, _), (x, y) in zip(stats[1:].tolist(), middles[1:].tolist(), strict=True):
        size = float(max(width, height))
        if size >= SPECK * min(rows, columns) + 2 and size < max(rows, columns):
            place = int(np.searchsorted(lines_y, y)) - 1, int(np.searchsorted(lines_x, x)) - 1
            sizes.setdefault(place, []).append(size)
    found = np.zeros((corners.shape[0] - 1, corners.shape[1] - 1))
    for (row, column), values in sizes.items():
        if 0 <= row < found.shape[0] and 0 <= column < found.shape[1]:
            found[row, column] = np.quantile(values, 0.6)
    return found


def _head_score(sizes: Floats, row: int = 0) -> float:
    """Return from -1 to 1 how surely a row is printed: in how many columns its ink is smaller than below it."""
    here, below = sizes[row], sizes[row + 1 :]
    votes = 0.0
    for size, column in zip(here.tolist(), below.T, strict=True):
        inked = column[column > 0]
        if size and len(inked):
            votes += 1 if size < SMALL * float(np.median(inked)) else -1
        elif size:
            votes += 0.5
        elif len(inked):
            votes -= 0.5 * min(1.0, len(inked) / max(1, len(column)) * 1.5)
    return votes / len(here)


def _find_turns(corners: Floats, sizes: Floats) -> int:
    high = float(np.median(np.diff(corners[:, :, 1], axis=0)))
    wide = float(np.median(np.diff(corners[:, :, 0], axis=1)))
    aspect = ASPECT_WEIGHT * np.log(max(wide, 1.0) / max(high, 1.0))
    scores = []
    for turns in range(4):
        upright = np.rot90(sizes, -turns)
        score = _head_score(upright) - _head_score(upright[::-1])
        score += LABELS_WEIGHT * (_head_score(upright.T) - _head_score(upright.T[::-1]))
        scores.append(score + (aspect if turns % 2 == 0 else -aspect) + (FIRST_CHOICE if turns == 0 else 0))
    return int(np.argmax(scores))


def _count_heads(sizes: Floats, sides: NDArray[np.float64], heights: Floats) -> int:
    """Return how many rows are heads: printed, or with fewer lines between their cells than the rows below."""
    for row in range(min(MOST_HEADS, len(sizes) - 2)):
        below = heights[row + 1 :]
        is_even = float(np.median(np.abs(below / np.median(below) - 1))) < ODD_HEIGHT / 4
        is_odd = is_even and abs(heights[row] / np.median(below) - 1) > ODD_HEIGHT
        inner = sides[row, 1:-1]
        is_merged = len(inner) > 0 and ((inner < MERGED) & (np.median(sides[row + 1 :, 1:-1], axis=0) > 0.6)).mean() > DRAWN
        if not (is_merged or _head_score(sizes, row) + 0.3 * is_odd > HEAD_SCORE):
            return row
    return min(MOST_HEADS, len(sizes) - 2)
