"""Remove the borders, boxes, combs and underlines of forms, and keep the ink of digits that cross them."""

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.filters import max_pool
from ml.preprocessing.form_borders import find_borders
from ml.preprocessing.line_bands import CellDrawing, erase_line, find_bands
from ml.preprocessing.straight_lines import find_straight_lines
from ml.preprocessing.underlines import find_loose_underline, find_underlines, has_broad_foot, has_flat_foot

SIDE_CELLS = 200  # lines are found at this size
LEAST_SIDE_PX = 48  # a smaller picture holds a digit alone, whose strokes are as straight as lines
OF_FULL = 0.3  # of the ink's contrast: fainter lines are left to `remove_ruled_lines`
MIN_LEVEL = 16  # of 255
LEAST_HEIGHT, LEAST_WIDTH = 0.6, 0.35  # of the ink's extent: shorter lines are not looked for ...
LEAST_ASPECT = 0.5  # ... but a box may be so narrow, its width to its height


def remove_form_lines(contrast: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return contrast, (h, w), 0 to 255, without the lines of a form; the same array if there are none.

    A line goes only if other ink shows that it is none: both its ends run into the picture's edge or into other such
    lines, around the writing; or it lies below all of it. A plain stroke never goes, however straight.
    """
    if max(contrast.shape) < LEAST_SIDE_PX:
        return contrast
    step = -(-max(contrast.shape) // SIDE_CELLS)
    cells = max_pool(contrast, step)
    level = max(MIN_LEVEL, OF_FULL * int(cells.max(initial=0)))
    drawing = _find_lines(cells > level)
    if drawing is None:
        return contrast
    removed = find_borders(drawing)
    removed += find_underlines(drawing, removed)
    underline = find_loose_underline(drawing.without(removed))
    if not removed and underline is None:
        return contrast
    cleaned = contrast.copy()
    if underline is not None:
        cleaned[underline.repeat(step, axis=0).repeat(step, axis=1)[: len(contrast), : contrast.shape[1]]] = 0
    for line in removed:
        others = [other for other in removed if other is not line]
        erase_line(cleaned, np.where(find_bands(others, contrast.shape, step), 0, contrast), line, step, int(level))
    return cleaned


def _find_lines(inked: NDArray[np.bool_]) -> CellDrawing | None:
    """Return the ink with its straight lines, or None if no ink looks like a form's: most drawings end here."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if len(rows) < 8 or len(columns) < 8:
        return None
    high, wide = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    upright_lines = find_straight_lines(inked, LEAST_HEIGHT * high, is_upright=True)
    least_width = LEAST_WIDTH * wide
    if len(upright_lines) > 1:  # boxes side by side
        least_width = min(least_width, LEAST_ASPECT * max(line.length for line in upright_lines))
    ink = inked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    runs_across = columns[0] == 0 and columns[-1] == inked.shape[1] - 1
    is_plain = not (len(upright_lines) > 1 or runs_across or has_broad_foot(ink))
    level_lines = [] if is_plain else find_straight_lines(inked, least_width, is_upright=False)
    runs_down = rows[0] == 0 and rows[-1] == len(inked) - 1
    if not (level_lines or (upright_lines and runs_down) or has_flat_foot(ink)):
        return None
    return CellDrawing(inked, level_lines + upright_lines)
