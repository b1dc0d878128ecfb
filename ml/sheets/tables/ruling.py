"""Tell ruled lines from rows of letters: a ruled line has paper on both sides, letters have more of themselves."""

import numpy as np
from numpy.typing import NDArray

from ml.sheets.tables.runs import MAX_CONTRAST, STEP_PX, Contrast, Floats
from ml.sheets.tables.tracking import Line

ON_PX, NEAR_PX = (-1, 0, 1), (5, 6, 7, 8)  # from a line
MOST_NEAR = 0.45  # of the line's own ink: text has 0.6 and more, a table that is filled in 0.1, at most 0.3
DOUBLE_PX = 3  # a line printed double, or the gap between boxes, is none of letters
MIN_LENGTH_PX = 12
LEAST_CONTRAST = 0.05


def is_ruled(contrast: Contrast, lines: list[Line], span: Floats) -> bool:
    """Return whether most lines that run along x have paper on both sides.

    Args:
        contrast: (h, w).
        lines: that make a grid.
        span: from where to where in x.
    """
    x = np.arange(max(0, int(span[0])), min(contrast.shape[1], int(span[1]) + 1))
    single = [line for line in lines if line.spread_px <= DOUBLE_PX]
    if not single or len(x) < MIN_LENGTH_PX:
        return not single
    return float(np.median([_find_ink_near(contrast, line, x) for line in single])) <= MOST_NEAR


def _find_ink_near(contrast: Contrast, line: Line, x: NDArray[np.int64]) -> float:
    """Return how much ink there is beside a line, on the side that has more, as a share of the ink along it."""
    y = np.interp(x / STEP_PX - 0.5, np.arange(len(line.at)), line.at).round().astype(int)

    def look(by: int) -> Floats:
        return contrast[np.clip(y + by, 0, contrast.shape[0] - 1), x].astype(float)

    on = np.max([look(by) for by in ON_PX], axis=0)
    most = min(MAX_CONTRAST, max(LEAST_CONTRAST, float(np.quantile(on, 0.7))))  # a pale line has dark ink beside it
    beside = max(float(np.minimum([look(side * by) for by in NEAR_PX], most).mean()) for side in (-1, 1))
    return beside / max(float(np.minimum(on, most).mean()), 1e-3)
