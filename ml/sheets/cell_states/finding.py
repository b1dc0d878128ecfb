"""Tell written cells from empty ones, from values that were crossed out, and from ditto marks, by their ink.

What is doubtful counts as written: it is then read, and its reading tells whether it holds a number.
"""

import cv2
import numpy as np

from ml.sheets.cell_states.crossed_out import is_crossed_out
from ml.sheets.cell_states.ditto import HIGHEST, HIGHEST_WHERE_LONG, LEAST_HEIGHT, is_ditto
from ml.sheets.cell_states.ink import (
    LEAST_EXTENT,
    UNIT_PX,
    Pixels,
    find_contrast,
    find_levels,
    find_parts,
    is_remains,
    is_written,
    without_borders,
)
from ml.sheets.states import CellState

LEAST_SIDE_PX = 8  # of what was cut
LEVELS = 1.0, 1.25, 1.6  # times that of what surely is ink: strokes that run into one another come apart
BLOT = 0.012  # of squared units: less ink that reaches nowhere is a speck
SCALES = 0.25, 2.5  # within which a cell is resized


def find_cell_state(pixels: Pixels, digit_px: float | None = None, *, may_be_short: bool = True) -> CellState:
    """Return what a cell holds: WRITTEN, EMPTY, CROSSED_OUT or DITTO.

    Args:
        pixels: (h, w) uint8, 255 = paper, without the cell's lines and boxes.
        digit_px: the height of digits on its page; half of the cell's if it is not known.
        may_be_short: whether one or two digits may stand there, so that ditto marks have to be smaller.
    """
    if min(pixels.shape) < LEAST_SIDE_PX:
        return CellState.EMPTY
    scale = min(max(UNIT_PX / 2 / (digit_px or pixels.shape[0] / 2), SCALES[0]), SCALES[1])
    height, width = (max(LEAST_SIDE_PX, round(side * scale)) for side in pixels.shape)
    contrast = find_contrast(np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
    least, full = find_levels(contrast)
    labels, parts = find_parts(without_borders(contrast > least))
    parts = [part for part in parts if not is_remains(part, height, width)]
    longest = max((max(part.width, part.height) for part in parts), default=0)
    parts = [part for part in parts if is_written(part)]
    if not parts or longest < LEAST_HEIGHT * UNIT_PX:
        return CellState.EMPTY
    ink = np.isin(labels, [part.label for part in parts])
    highest = HIGHEST if may_be_short else HIGHEST_WHERE_LONG
    if any(is_ditto(ink, contrast > level, highest * UNIT_PX) for level in np.multiply(LEVELS, full)):
        return CellState.DITTO
    if longest < LEAST_EXTENT * UNIT_PX and np.count_nonzero(ink) < BLOT * UNIT_PX**2:
        return CellState.EMPTY
    return CellState.CROSSED_OUT if is_crossed_out(ink, max(part.width for part in parts)) else CellState.WRITTEN
