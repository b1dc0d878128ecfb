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

MOST_BLUR, SOME_BLUR = 0.086, 0.075  # of a digit's height: the deviation of blur; what is blurred, and a little
IN_PART = 1.1  # times as much in a part, whose strokes may all be thick
SHARP_PX = 1.9  # of the photograph: what is no wider is sharp
LEAST_DIGIT_PX = 16.0  # of the photograph: blurred strokes of lower digits are rather too small
ACROSS_PX, ALONG_PX = 1.0, 2.5  # smoothed across and along a stroke, so that grain is none
DARKEST = 0.995  # the quantile of contrast that is the darkest ink's
STROKE, FAINTEST = 0.25, 0.05  # of the darkest ink's contrast, and contrast: paler strokes tell nothing
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
    if max(_find_width(one, LEAST_STROKES) for one in _measure_strokes(find_contrast(gray))) > HOPELESS * max(
        gray.shape
    ):
        return [Problem("blurred")]
    return name_places("glare", find_glare(gray, GLARE_ALONE * max(gray.shape)))


def _find_blurred(contrast: Values, corners: Floats, row_px: float, scale: float) -> Iterator[Problem]:
    outline = np.round([corners[0, 0], corners[0, -1], corners[-1, -1], corners[-1, 0]]).astype(np.int32)
    inside = contrast * cv2.fillConvexPoly(np.zeros(contrast.shape, np.uint8), outline, 1)
    digit_px = _measure_digits(inside, corners, row_px)
    strokes = {place: _measure_strokes(inside[part]) for place, part in parts_of(inside.shape)}
    whole = max(_find_width(np.concatenate(one), LEAST_STROKES) for one in zip(*strokes.values(), strict=True))
    # a hand that shakes blurs the whole photograph, so that in a part the sharper direction counts
    parts = {place: min(_find_width(one, LEAST_IN_PART) for one in own) for place, own in strokes.items()}
    if row_px < MIN_ROW_PX * scale or (digit_px < LEAST_DIGIT_PX * scale and whole > MOST_BLUR * digit_px):
        yield Problem("too_small")
        return
    for kind, limit in (("blurred", MOST_BLUR), ("slightly_blurred", SOME_BLUR)):
        limit_px = max(limit * digit_px, SHARP_PX * scale)
        blurred = [place for place, width in parts.items() if width > IN_PART * limit_px]
        if whole > limit_px or blurred:
            yield from name_places(kind, [*parts] if whole > limit_px else blurred)
            return


def _measure_strokes(contrast: Values) -> tuple[Values, Values]:
    """Return how wide the strokes that run down, and those that run across, are in their middles: deviations in px.

    By the curve of a profile: that of a Gaussian is as high as its height by its variance.
    """
    least = max(STROKE * float(np.quantile(contrast, DARKEST)), FAINTEST)
    return _measure_upright(contrast, least), _measure_upright(np.ascontiguousarray(contrast.T), least)


def _measure_upright(contrast: Values, least: float) -> Values:
    smooth = cv2.GaussianBlur(contrast, (0, 0), sigmaX=ACROSS_PX, sigmaY=ALONG_PX)
    before, here, behind = smooth[:, :-2], smooth[:, 1:-1], smooth[:, 2:]
    curve = 2 * here - before - behind
    is_middle = (here >= before) & (here > behind) & (here > least) & (curve > 0)
    return np.asarray(np.sqrt(np.maximum(here[is_middle] / curve[is_middle] - ACROSS_PX**2, 0)))


def _find_width(widths: Values, least: int) -> float:
    """Return how wide the thinner strokes are; 0 if there are too few to tell."""
    return float(np.quantile(widths, SHARPER)) if len(widths) >= least else 0.0


def _measure_digits(contrast: Values, corners: Floats, row_px: float) -> float:
    """Return how high digits are in px, at least about."""
    ink = (contrast > INK * float(np.quantile(contrast, DARKEST))).astype(np.uint8)
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
