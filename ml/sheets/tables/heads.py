"""Tell which way a table is up, and its printed heads from the rows to fill in.

Printed letters are smaller than handwriting, and stand in the first row of nearly all columns. Cells are wider than
they are high. Where neither tells, the photograph is taken to be upright.
"""

from typing import NamedTuple

import cv2
import numpy as np

from ml.sheets.tables.corners import Grid, find_edges
from ml.sheets.tables.runs import Contrast, Floats

INK = 0.3  # of the darkest ink's contrast
LEAST_INK = 0.06
FRAME = 0.7  # of a cell: a box in it
LINE_PX = 5  # taken away along the grid's lines
LEFT_LONG, LEFT_THIN = 0.8, 0.2  # of a cell, and of a row's height: what is left of a line that is thicker
THICKEST_PX = 15  # of a stroke
SPECK, TALL = 0.08, 1.5  # of a row's height: smaller and larger parts are no ink
SMALL = 0.74  # of the writing in the same column: printed letters
FIRST_CHOICE, ASPECT_WEIGHT, LABELS_WEIGHT = 0.25, 1.6, 0.5
MOST_HEADS = 3
SHADED = 0.86  # of the next rows' paper
HEAD_SCORE, SURE_SCORE = 0.25, 0.6
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


def find_upright(contrast: Contrast, grid: Grid, corners: Floats, levels: Floats, turns: int | None = None) -> Upright:
    """Return how a table stands, unless `turns` says it, and how many of its rows are heads.

    Args:
        contrast: the straightened picture.
        grid: the table's lines on it.
        corners: of the grid.
        levels: (rows, columns): how bright the paper of each cell is.
        turns: quarter turns, clockwise, that make it upright; None if unknown.
    """
    sizes = _measure_ink(contrast, grid, corners)
    if turns is None:
        turns = _find_turns(corners, sizes, levels)
    above, left = find_edges(grid, corners)
    sides = left if turns % 2 == 0 else above.T
    heights = np.diff(corners[:, :, 1].mean(axis=1)) if turns % 2 == 0 else np.diff(corners[:, :, 0].mean(axis=0))
    if turns in (2, 3):  # the last row, or the column on the right, is the first
        sides, heights = sides[::-1], heights[::-1]
    return Upright(turns, _count_heads(_turn(sizes, turns), sides, heights, np.rot90(levels, -turns)))


def _turn(sizes: Floats, turns: int) -> Floats:
    """Return (rows, columns): the heights of the ink in each cell of the table turned upright."""
    return np.asarray(np.rot90(sizes[..., 1 - turns % 2], -turns))


def _measure_ink(contrast: Contrast, grid: Grid, corners: Floats) -> Floats:
    """Return (rows, columns, 2): width and height in px of the largest parts of the ink in each cell; 0 without ink."""
    low = np.maximum(np.floor(corners.min(axis=(0, 1))).astype(int), 0)
    high = np.ceil(corners.max(axis=(0, 1))).astype(int) + 1
    square = np.ones((THICKEST_PX, THICKEST_PX), np.uint8)  # a shaded ground is no ink
    picture = cv2.morphologyEx(contrast[low[1] : high[1], low[0] : high[0]], cv2.MORPH_TOPHAT, square)
    inside = np.round(corners - low).astype(np.int32)
    for line, places in zip((*grid.rows, *grid.columns), (*inside, *inside.transpose(1, 0, 2)), strict=True):
        path = np.ascontiguousarray(places).reshape(-1, 1, 2)
        cv2.polylines(picture, [path], isClosed=False, color=(0.0,), thickness=LINE_PX + round(line.spread_px))
    dark = picture[picture > LEAST_INK]
    level = max(LEAST_INK, INK * float(np.quantile(dark, 0.95))) if dark.size else 1.0
    _, _, stats, middles = cv2.connectedComponentsWithStats((picture > level).astype(np.uint8), connectivity=8)
    rows = float(np.median(np.diff(corners[:, :, 1].mean(axis=1))))
    columns = float(np.median(np.diff(corners[:, :, 0].mean(axis=0))))
    lines_y, lines_x = inside[:, :, 1].mean(axis=1), inside[:, :, 0].mean(axis=0)
    sizes = np.zeros((corners.shape[0] - 1, corners.shape[1] - 1, 2))
    speck = SPECK * min(rows, columns) + 2
    for (_, _, width, height, _), (x, y) in zip(stats[1:].tolist(), middles[1:].tolist(), strict=True):
        row, column = int(np.searchsorted(lines_y, y)) - 1, int(np.searchsorted(lines_x, x)) - 1
        is_frame = width > FRAME * columns and height > FRAME * rows
        is_frame |= height > LEFT_LONG * rows and width < LEFT_THIN * rows
        is_frame |= width > LEFT_LONG * columns and height < LEFT_THIN * rows
        is_ink = max(width, height) >= speck and height < TALL * rows and width < TALL * columns and not is_frame
        if is_ink and 0 <= row < sizes.shape[0] and 0 <= column < sizes.shape[1]:
            sizes[row, column] = np.maximum(sizes[row, column], [width, height])
    return sizes


def _head_score(sizes: Floats, row: int = 0) -> float:
    """Return from -1 to 1 how surely a row is printed: in how many columns its ink is smaller than below it."""
    here, below = sizes[row], sizes[row + 1 :]
    printed = SMALL * max((float(np.median(column[column > 0])) for column in below.T if column.any()), default=0.0)
    votes = 0.0
    for size, column in zip(here.tolist(), below.T, strict=True):
        inked = column[column > 0]
        if size and len(inked) and float(np.median(inked)) < printed:
            continue  # labels, printed as heads are
        if size and len(inked):
            votes += 1 if size < SMALL * float(np.median(inked)) else -1
        elif size:
            votes += 0.5
        elif len(inked):
            votes -= 0.5 * min(1.0, len(inked) / max(1, len(column)) * 1.5)
    return votes / len(here)


def _is_shaded(levels: Floats, row: int = 0) -> bool:
    """Return whether a row is printed on a darker ground than the next two, in nearly all columns."""
    if len(levels) < row + 2:
        return False
    darker = levels[row] < SHADED * levels[row + 1 : row + 3].max(axis=0)
    return bool(darker.mean() > 0.8)


def _find_turns(corners: Floats, sizes: Floats, levels: Floats) -> int:
    high = float(np.median(np.diff(corners[:, :, 1], axis=0)))
    wide = float(np.median(np.diff(corners[:, :, 0], axis=1)))
    aspect = ASPECT_WEIGHT * np.log(max(wide, 1.0) / max(high, 1.0))
    scores = []
    for turns in range(4):
        upright = _turn(sizes, turns)
        paper = np.rot90(levels, -turns)
        score = _head_score(upright) - _head_score(upright[::-1]) + _is_shaded(paper) - _is_shaded(paper[::-1])
        score += LABELS_WEIGHT * (_head_score(upright.T) - _head_score(upright.T[::-1]))
        scores.append(score + (aspect if turns % 2 == 0 else -aspect) + (FIRST_CHOICE if turns == 0 else 0))
    return int(np.argmax(scores))


def _count_heads(sizes: Floats, sides: Floats, heights: Floats, levels: Floats) -> int:
    """Return how many rows are heads: a row that surely is one has others above it, though little be in them."""
    count = 0
    for row in range(max(0, min(MOST_HEADS, len(sizes) - 2))):
        score = _head_score(sizes, row) + 0.3 * _is_odd(heights, row)
        is_next = row == count and (score > HEAD_SCORE or _is_merged(sides, row) or _is_shaded(levels, row))
        if is_next or score > SURE_SCORE:
            count = row + 1
    return count


def _is_odd(heights: Floats, row: int) -> bool:
    """Return whether a row is higher or lower than those below it, which are alike."""
    below = heights[row + 1 :]
    is_even = float(np.median(np.abs(below / np.median(below) - 1))) < ODD_HEIGHT / 4
    return bool(is_even and abs(heights[row] / np.median(below) - 1) > ODD_HEIGHT)


def _is_merged(sides: Floats, row: int) -> bool:
    """Return whether lines between the cells of a row are missing that the rows below have."""
    inner = sides[row, 1:-1]
    is_missing = (inner < MERGED) & (np.median(sides[row + 1 :, 1:-1], axis=0) > 0.6)
    return len(inner) > 0 and bool(is_missing.mean() > DRAWN)
