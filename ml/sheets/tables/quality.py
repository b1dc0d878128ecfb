"""What is wrong with a photograph of a ruled table, and where.

Blur is measured by the table's own lines and ink: a thin stroke is seen as wide as the blur makes it. What matters is
how wide that is beside the digits: on drawn photographs, about one number in ten was misread at MOST_BLUR, and beyond
it confidences were too high.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.places import find_glare, name_places, parts_of
from ml.sheets.problems import Problem
from ml.sheets.tables.straightening import find_contrast

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
Values = NDArray[np.float32]

MOST_BLUR, SOME_BLUR = 0.09, 0.077  # of a digit's height: the deviation of blur; what is blurred, and a little
IN_PART = 1.1  # times as much in a part, whose strokes may all be thick
SHARP_PX = 1.9  # of the photograph: what is no wider is sharp
LEAST_DIGIT_PX = 16.0  # of the photograph: blurred strokes of lower digits are rather too small
ACROSS_PX, ALONG_PX = 1.0, 2.5  # smoothed across and along a stroke, so that grain is none
STROKE = 0.25  # of the darkest ink's contrast: paler strokes tell nothing
SHARPER = 0.2  # the quantile of widths that counts: of thin strokes
LEAST_STROKES, LEAST_IN_PART = 50, 150  # px of strokes by which blur is measured, in the whole table and in a part
INK, LINE = 0.4, 0.12  # of the darkest ink; of a row's height, taken away along lines
DIGIT = 0.15, 1.3  # of a row's height: smaller and larger parts of the ink are no digits
LARGER_DIGITS = 0.7  # the quantile of their heights that counts: printed letters are smaller
USUAL_DIGIT, LEAST_DIGITS = 0.55, 8  # of a row's height, where fewer are written
MIN_ROW_PX = 14.0  # of the photograph: digits are about half as high
LEAST_PAPER = 45  # of 255 levels: on darker paper, grain is taken for lines
SHADOW = 0.5  # of the brightest paper
CUT_OFF_PX = 3.0
GLARE = 1.3  # of a row's height: a wider place without lines
SIDE_PX = 2000  # of a photograph without a table, and, as shares of it, what hides one:
HOPELESS, GLARE_ALONE = 0.0016, 0.06  # the deviation of blur, and glare


def find_problems(gray: Pixels, corners: Floats, scale: float) -> list[Problem]:
    """Return what is wrong with a photograph where the table is.

    Args:
        gray: the photograph, made smaller by `scale`.
        corners: (rows + 1, columns + 1, 2) px of `gray`, of the rows to fill in.
    """
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    first, last = np.maximum(low, 0).astype(int), high.astype(int) + 1
    inside = (slice(first[1], last[1]), slice(first[0], last[0]))
    table, contrast = gray[inside], find_contrast(gray)[inside]
    row_px = float(np.median(np.hypot(*np.diff(corners, axis=0).transpose(2, 0, 1))))
    levels = {place: float(np.quantile(table[part][::3, ::3], 0.9)) for place, part in parts_of(table.shape)}
    dark = [place for place, level in levels.items() if level < LEAST_PAPER]
    if dark:  # then grain makes the rest uncertain
        return name_places("dark", dark)
    glare = find_glare(table, GLARE * row_px)
    shaded = [] if glare else [place for place, level in levels.items() if level < SHADOW * max(levels.values())]
    return [
        *name_places("glare", glare),
        *_find_blurred(contrast, corners - first, row_px, scale),
        *name_places("shadow", shaded),
        *_find_cut_off(gray.shape, low, high),
    ]


def explain_missing(pixels: Pixels) -> list[Problem]:
    """Return why no table is found on a photograph, (h, w) uint8, if it is too dark, too blurred or in glare."""
    scale = min(1.0, SIDE_PX / max(pixels.shape))
    gray = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if float(np.quantile(gray[::4, ::4], 0.9)) < LEAST_PAPER:
        return [Problem("dark")]
    contrast = find_contrast(gray)
    darkest = float(np.quantile(contrast, 0.995))
    directions = [_measure_strokes(contrast, darkest, is_upright=is_upright) for is_upright in (True, False)]
    if max(_find_width(one, LEAST_STROKES) for one in directions) > HOPELESS * max(gray.shape):
        return [Problem("blurred")]
    return name_places("glare", find_glare(gray, GLARE_ALONE * max(gray.shape)))


def _find_blurred(contrast: Values, corners: Floats, row_px: float, scale: float) -> Iterator[Problem]:
    darkest = float(np.quantile(contrast, 0.995))
    digit_px = _measure_digits(contrast, corners, row_px, darkest)
    widths = [_measure_strokes(contrast, darkest, is_upright=is_upright) for is_upright in (True, False)]
    outline = np.round([corners[0, 0], corners[0, -1], corners[-1, -1], corners[-1, 0]]).astype(np.int32)
    is_table = cv2.fillConvexPoly(np.zeros(contrast.shape, np.uint8), outline, 1) > 0
    widths = [np.where(is_table, one, np.nan) for one in widths]
    whole = max(_find_width(one, LEAST_STROKES) for one in widths)
    parts = {  # a hand that shakes blurs the whole photograph, so that in a part the sharper direction counts
        place: min(_find_width(one[part], LEAST_IN_PART) for one in widths) for place, part in parts_of(contrast.shape)
    }
    if row_px < MIN_ROW_PX * scale or (digit_px < LEAST_DIGIT_PX * scale and whole > MOST_BLUR * digit_px):
        yield Problem("too_small")
        return
    for kind, limit in (("blurred", MOST_BLUR), ("slightly_blurred", SOME_BLUR)):
        limit_px = max(limit * digit_px, SHARP_PX * scale)
        blurred = [place for place, width in parts.items() if width > IN_PART * limit_px]
        if whole > limit_px or blurred:
            yield from name_places(kind, [*parts] if whole > limit_px else blurred)
            return


def _measure_strokes(contrast: Values, darkest: float, *, is_upright: bool) -> Values:
    """Return (h, w) how wide the strokes of one direction are in their middles: a deviation in px; NaN elsewhere.

    By the curve of a profile: that of a Gaussian is as high as its height by its variance.
    """
    values = contrast if is_upright else np.ascontiguousarray(contrast.T)
    smooth = cv2.GaussianBlur(values, (0, 0), sigmaX=ACROSS_PX, sigmaY=ALONG_PX)
    before, here, behind = smooth[:, :-2], smooth[:, 1:-1], smooth[:, 2:]
    curve = 2 * here - before - behind
    is_middle = (here >= before) & (here > behind) & (here > STROKE * darkest) & (curve > 0)
    widths = np.full(values.shape, np.nan, dtype=np.float32)
    variance = here[is_middle] / curve[is_middle] - ACROSS_PX**2
    widths[:, 1:-1][is_middle] = np.sqrt(np.maximum(variance, 0))
    return widths if is_upright else np.ascontiguousarray(widths.T)


def _find_width(widths: Values, least: int) -> float:
    """Return how wide the thinner strokes are; 0 if there are too few to tell."""
    known = widths[~np.isnan(widths)]
    return float(np.quantile(known, SHARPER)) if len(known) >= least else 0.0


def _measure_digits(contrast: Values, corners: Floats, row_px: float, darkest: float) -> float:
    """Return how high digits are in px, at least about."""
    ink = (contrast > INK * darkest).astype(np.uint8)
    for path in (*corners, *corners.transpose(1, 0, 2)):
        points = np.round(path).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(ink, [points], isClosed=False, color=0, thickness=max(3, round(LINE * row_px)))
    stats = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    sizes = stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1)
    digits = sizes[(sizes > DIGIT[0] * row_px) & (sizes < DIGIT[1] * row_px)]
    return float(np.quantile(digits, LARGER_DIGITS)) if len(digits) >= LEAST_DIGITS else USUAL_DIGIT * row_px


def _find_cut_off(shape: tuple[int, ...], low: Floats, high: Floats) -> Iterator[Problem]:
    sides = {
        "left": low[0] < CUT_OFF_PX,
        "top": low[1] < CUT_OFF_PX,
        "right": high[0] > shape[1] - CUT_OFF_PX,
        "bottom": high[1] > shape[0] - CUT_OFF_PX,
    }
    yield from (Problem("cut_off", side) for side, is_cut in sides.items() if is_cut)
