"""Remove the printed lines of ruled or squared paper, which run from edge to edge."""

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink, pad_with_zeros

STRIPS = 16  # the picture is divided into vertical strips; a ruled line shows in all but two of them
MARGIN = 50  # a ruled line reaches into the outer 1/MARGIN of the width on both sides; a row of digits does not
MAX_TILT = 0.06  # rise over the picture's width: three and a half degrees
TILTS = 49
BARE = 0.2  # at least this share of a strip's rows holds neither a ruled line nor a stem
MIN_CONTRAST = 4.0  # of 255 levels, above the paper beside the line
MIN_OF_BOLDEST = 0.35  # a ruled line has at least this share of the boldest line's contrast
MAX_OF_INK = 0.75  # a bolder line than this share of the ink's contrast was drawn by hand ...
SURELY_PRINTED = 4  # ... unless there are this many: nobody draws them all from edge to edge
SURELY_LINE, SURELY_INK = 1.35, 1.9  # times the line's own contrast


def remove_ruled_lines(contrast: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return contrast, (h, w), 0 to 255, without lines that run from edge to edge; the same array if there are none.

    Takes almost no time if the edges are clean, as on a canvas; otherwise about 2 ms for 480 x 400.
    """
    for turned in (False, True):
        level = _ruled_line_contrast(contrast.T if turned else contrast)
        if level is not None:
            level = level.T if turned else level
            over = contrast / np.maximum(level, 1e-6)
            kept = np.clip((over - SURELY_LINE) / (SURELY_INK - SURELY_LINE), 0, 1)
            contrast = np.round(contrast * kept).astype(np.uint8)
    return contrast


def _ruled_line_contrast(contrast: NDArray[np.uint8]) -> Ink | None:
    """Return (h, w) with the contrast of horizontal ruled lines, 0 elsewhere; None if there are no such lines."""
    height, width = contrast.shape
    if width < 4 * STRIPS or height < 4 * STRIPS:
        return None
    edges = np.linspace(0, width, STRIPS + 1).astype(int)
    margin = max(2, width // MARGIN)
    for edge in (contrast[:, :margin], contrast[:, -margin:]):  # most pictures end here
        if float(edge.mean(axis=1).max()) < MIN_CONTRAST:
            return None
    profile = np.add.reduceat(contrast, edges[:-1], axis=1, dtype=np.float32) / np.diff(edges)
    profile -= np.quantile(profile, BARE, axis=0)  # removes vertical lines and stems
    rises = np.linspace(-MAX_TILT, MAX_TILT, TILTS) * width
    levelled = [_shear(profile, rise) for rise in rises]
    strengths = np.stack([np.partition(one, 2, axis=1)[:, 2] for one in levelled])  # in the third faintest strip
    strengths = np.maximum(strengths, 0)
    best = int((strengths**2).sum(axis=1).argmax())
    strength = strengths[best]
    boldest = float(strength.max())
    if boldest < MIN_CONTRAST:
        return None
    is_line = strength > max(MIN_CONTRAST, MIN_OF_BOLDEST * boldest)
    lines = int((np.diff(is_line.astype(int)) == 1).sum())
    if boldest > MAX_OF_INK * float(contrast.max()) and lines < SURELY_PRINTED:
        return None
    bold = np.minimum(levelled[best], 1.5 * np.median(levelled[best], axis=1, keepdims=True))
    bold = np.where(is_line[:, None], bold, 0)
    framed = pad_with_zeros(bold, 1, 0)
    bold = np.maximum.reduce([framed[:-2], 0.999 * bold, framed[2:]])

    return np.repeat(_shear(bold, -rises[best]), np.diff(edges), axis=1).astype(np.float32)


def _shear(profile: Ink, rise: float) -> Ink:
    """Shift each strip of (h, strips) up or down so that a line that rises by `rise` px becomes horizontal."""
    height, strips = profile.shape
    shifts = np.round(rise * (np.arange(strips) + 0.5) / strips - rise / 2).astype(int)
    rows = np.clip(np.arange(height)[:, None] + shifts, 0, height - 1)
    return profile[rows, np.arange(strips)]
