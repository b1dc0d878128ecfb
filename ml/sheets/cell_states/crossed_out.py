"""Crossed out: a line through several digits, or a scribble. A single digit with a line may be a 4 or a 7."""

import numpy as np

from ml.sheets.cell_states.ink import LEAST_EXTENT, UNIT_PX, Mask, crop

STRIKE_ASPECT = 1.7  # of the ink: its width by its height
STRIKE_SPAN = 0.96  # of the ink's width
STRIKE_SOLID = 0.985  # of the line's length is ink
STRIKE_SLOPES = tuple(np.tan(np.deg2rad(np.arange(-36, 37, 2))))
STRIKE_BANDS = 0.22, 0.78  # of the ink's height, where the line's middle lies
SCRIBBLE_RUNS = 2.75, 3.4  # strokes that a row crosses in the mean, on a stretch as long as the ink is high; ...
LONG = 1.3  # ... for ink that is so much wider than high, and for other ink: a 0 and an 8 have many
SCRIBBLE_WIDTH = 0.6  # of the ink is in one connected part


def is_crossed_out(ink: Mask, widest: int) -> bool:
    """Return whether a line runs through several digits, or they were scribbled over.

    Args:
        ink: (h, w) at UNIT_PX.
        widest: the width of its widest connected part.
    """
    cut = crop(ink)
    if cut is None or cut.shape[0] < LEAST_EXTENT * UNIT_PX or widest < SCRIBBLE_WIDTH * cut.shape[1]:
        return False
    return _is_scribble(cut) or (cut.shape[1] >= STRIKE_ASPECT * cut.shape[0] and _is_struck(cut))


def _is_scribble(cut: Mask) -> bool:
    height, width = cut.shape
    rows = cut[round(0.2 * height) : max(round(0.8 * height), 1)]
    runs = float((np.diff(rows.astype(np.int8), axis=1, prepend=0) == 1).sum(axis=1).mean())
    return width >= 0.6 * height and runs * height / width >= SCRIBBLE_RUNS[width < LONG * height]


def _is_struck(cut: Mask) -> bool:
    """Return whether a straight line of ink spans the ink's width, with ink of digits above and below it."""
    height, width = cut.shape
    first = int((1 - STRIKE_SPAN) / 2 * width)
    inner = np.arange(first, width - first)
    middles = np.arange(int(STRIKE_BANDS[0] * height), int(STRIKE_BANDS[1] * height) + 1)
    for slope in STRIKE_SLOPES:
        y = middles[:, None] + np.rint(slope * (inner - width / 2)).astype(int)
        y = y[(y.min(axis=1) >= 0) & (y.max(axis=1) < height)]
        if not len(y):
            continue
        solid = cut[y, inner].mean(axis=1)
        best = int(solid.argmax())
        if solid[best] >= STRIKE_SOLID and _has_both_sides(cut, float(y[best].mean()), float(slope)):
            return True
    return False


def _has_both_sides(cut: Mask, middle: float, slope: float) -> bool:
    height, width = cut.shape
    line = middle + slope * (np.arange(width) - width / 2)
    y = np.arange(height)[:, None]
    margin = max(3.0, 0.1 * height)
    above = (cut & (y < line - margin)).any(axis=0).mean()
    below = (cut & (y > line + margin)).any(axis=0).mean()
    return bool(min(above, below) > 0.25 and above + below > 0.8)
