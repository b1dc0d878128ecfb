"""Remove the printed lines of ruled or squared paper, which run from edge to edge."""

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.filters import open_runs
from ml.preprocessing.ink import Ink, pad_with_zeros

STRIPS = 16  # the picture is divided into vertical strips; a ruled line shows in all but two of them
MARGIN = 50  # a ruled line reaches into the outer 1/MARGIN of the width on both sides; a row of digits does not
MAX_TILT = 0.06  # rise over the picture's width: three and a half degrees
TILTS = 49
BARE = 0.2  # at least this share of a strip's rows holds neither a ruled line nor a stem
MIN_CONTRAST = 4.0  # of 255 levels, above the paper beside the line
LEAST_OF_PEAK = 0.06  # of the highest contrast: fainter lines do no harm
MIN_OF_BOLDEST = 0.35  # a ruled line has at least this share of the boldest line's contrast
MAX_OF_INK = 0.75  # a bolder line than this share of the ink's contrast was drawn by hand ...
SURELY_PRINTED, EVEN_SPACING = (
    6,
    0.1,
)  # ... unless there are this many, with gaps that differ by no more than this share
THIN = 0.6  # of a line's contrast: there is less on both sides of it
EDGE_MARGIN = 0.08  # of the height: a single line so close to the picture's edge may be a stroke
MIN_HELD = 0.9  # of the columns show the line
BROAD, MIN_BROAD_PX = 0.06, 5  # of the height: no printed line is so thick
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
    margin = max(2, width // MARGIN)
    sides = contrast[:, :margin], contrast[:, -margin:]
    if any(int(side.max()) < MIN_CONTRAST for side in sides):
        return None  # most pictures end here
    grain = float(np.median(contrast[::4, ::4]))
    if any(float(side.mean(axis=1).max()) < grain + MIN_CONTRAST for side in sides):
        return None
    edges = np.linspace(0, width, STRIPS + 1).astype(int)
    profile = np.add.reduceat(contrast, edges[:-1], axis=1, dtype=np.float32) / np.diff(edges)
    profile -= np.quantile(profile, BARE, axis=0)  # removes vertical lines and stems
    rises = np.linspace(-MAX_TILT, MAX_TILT, TILTS) * width
    best = _best_rise(profile, rises)
    levelled = _shear(profile, rises[best])
    strength = _strengths(profile, rises[best : best + 1])[0]
    boldest = float(strength.max())
    if boldest < max(MIN_CONTRAST, LEAST_OF_PEAK * float(contrast.max())):
        return None
    is_line = strength > max(MIN_CONTRAST, MIN_OF_BOLDEST * boldest)
    is_line &= ~open_runs(is_line[:, None], max(MIN_BROAD_PX, round(BROAD * height)), 0)[:, 0]
    is_line &= _run_through(contrast, is_line, float(rises[best]))
    if not is_line.any():
        return None
    bold = np.minimum(levelled, 1.5 * np.median(levelled, axis=1, keepdims=True))
    bold = np.where(is_line[:, None], bold, 0)
    framed = pad_with_zeros(bold, 1, 0)
    bold = np.maximum.reduce([framed[:-2], 0.999 * bold, framed[2:]])

    return np.repeat(_shear(bold, -rises[best]), np.diff(edges), axis=1).astype(np.float32)


def _run_through(contrast: NDArray[np.uint8], is_line: NDArray[np.bool_], rise: float) -> NDArray[np.bool_]:
    """Return the rows of printed lines: those that show in nearly all columns, as a row of digits does not.

    Lines as bold as the ink count only if they are many and evenly spaced.
    """
    height, width = contrast.shape
    shift = rise * (np.arange(width) + 0.5) / width - rise / 2
    kept, is_bold = np.zeros_like(is_line), np.zeros_like(is_line)
    peak, bold_at = float(contrast.max()), []
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], is_line, [False]]).astype(int)))
    for start, end in zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True):
        rows = np.round(np.arange(start - 1, end + 1)[:, None] + shift).astype(int)
        inside = (rows >= 0) & (rows < height)
        band = (contrast[np.clip(rows, 0, height - 1), np.arange(width)] * inside).max(axis=0)
        level = float(np.median(band))
        beside = [contrast[np.clip(row, 0, height - 1), np.arange(width)] for row in (rows[0] - 2, rows[-1] + 2)]
        is_thin = max(float(np.median(row)) for row in beside) < THIN * level
        if is_thin and level >= MIN_CONTRAST and float((band >= 0.4 * level).mean()) >= MIN_HELD:
            (is_bold if level > MAX_OF_INK * peak else kept)[start:end] = True
            bold_at += [(start + end) / 2] * (level > MAX_OF_INK * peak)
    gaps = np.diff(bold_at)
    is_printed = len(bold_at) >= SURELY_PRINTED and float(gaps.std()) < EVEN_SPACING * float(gaps.mean())
    if int((np.diff(kept.astype(int), prepend=0) == 1).sum()) == 1:  # the bar of a seven in a tight crop
        margin = round(EDGE_MARGIN * height)
        kept[:margin] = kept[height - margin :] = False
    return kept | is_bold if is_printed else kept


def _best_rise(profile: Ink, rises: NDArray[np.float64]) -> int:
    """Return the index of the rise at which lines are sharpest: among every fourth, then among its neighbours."""
    thick = pad_with_zeros(profile, 1, 0)
    thick = np.maximum.reduce([thick[:-2], thick[1:-1], thick[2:]])
    near = 4 * int((_strengths(thick, rises[::4]) ** 2).sum(axis=1).argmax())
    first, behind = max(near - 3, 0), min(near + 4, len(rises))
    return first + int((_strengths(profile, rises[first:behind]) ** 2).sum(axis=1).argmax())


def _strengths(profile: Ink, rises: NDArray[np.float64]) -> Ink:
    """Return (rises, h): the contrast of each levelled row in its third faintest strip."""
    height, strips = profile.shape
    shifts = np.round(rises[:, None] * (np.arange(strips) + 0.5) / strips - rises[:, None] / 2).astype(int)
    lowest = [np.full((len(rises), height), np.inf, dtype=np.float32) for _ in range(3)]
    for strip in range(strips):
        rows = np.clip(np.arange(height) + shifts[:, strip, None], 0, height - 1)
        value = profile[:, strip].take(rows)
        for place, low in enumerate(lowest):
            lowest[place] = np.minimum(low, value)
            value = np.maximum(low, value)
    return np.maximum(lowest[2], 0)


def _shear(profile: Ink, rise: float) -> Ink:
    """Shift each strip of (h, strips) up or down so that a line that rises by `rise` px becomes horizontal."""
    height, strips = profile.shape
    shifts = np.round(rise * (np.arange(strips) + 0.5) / strips - rise / 2).astype(int)
    rows = np.clip(np.arange(height)[:, None] + shifts, 0, height - 1)
    return profile[rows, np.arange(strips)]
