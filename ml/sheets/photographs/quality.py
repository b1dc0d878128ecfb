"""What is wrong with a photograph of a page, and where: told before anything is read, so that it can be taken again.

The limits are those at which readings began to suffer on drawn photographs: a blur of 0.3 mm on paper (a standard
deviation) costs up to one number in twenty, one of 0.4 mm up to one in three, most of them by their decimal point.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import Frame
from ml.sheets.light import LEAST_LEVEL, find_darkness
from ml.sheets.places import find_glare, name_places, parts_of
from ml.sheets.problems import Problem

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

PX_PER_MM = 6.0  # at which a page is looked at
LEAST_PX_PER_MM = 2.5  # of a photograph
LEAST_SLOPE = 0.42  # of darkness per mm, of the sharper edges of a part: a blur of 0.4 mm, or a shake of 1.6 mm
EDGES = 0.85  # the quantile of slopes that counts as sharper
PRINTED, LEAST_SHARE = 0.12, 0.012  # the darkness of print, and the share of a part with edges of one direction
AROUND_PX = 9  # of a mark
LEAST_PAPER = 28.0  # of 255 levels: what most of a part is above
SHADOW = 0.45  # of the brightest part
GLARE_MM = 14.0  # a wider place that is white, and in which nothing is seen
GLARING = 240.0  # of 255 levels
CODE_CONTRAST = 0.3  # between the light and dark modules of a code, blurred or not


def find_problems(grey: Pixels, transform: NDArray[np.float64], frame: Frame, code: str) -> list[Problem]:
    """Return what is wrong with a photograph whose marks were found.

    Args:
        grey: the photograph.
        transform: from mm of the page to px of the photograph.
        frame: of the page.
        code: what was read; "" if it could not be.
    """
    if _least_px_per_mm(transform, frame) < LEAST_PX_PER_MM:
        return [Problem("too_small")]
    size = round(frame.width_mm * PX_PER_MM), round(frame.height_mm * PX_PER_MM)
    to_mm = np.diag([1 / PX_PER_MM, 1 / PX_PER_MM, 1])
    page = cv2.warpPerspective(
        grey, transform @ to_mm, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    problems = [*_find_badly_lit(np.asarray(page))]
    if all(problem.kind != "dark" for problem in problems):  # in the dark, grain hides what is sharp
        problems = [*_find_blurred(np.asarray(page), frame), *problems]
    problems += _find_cut_off(grey.shape, transform, frame)
    if code:
        return problems
    return [
        *problems,
        Problem("no_code" if _is_code_seen(np.asarray(page), grey.shape, transform, frame) else "code_hidden"),
    ]


def _is_code_seen(page: Pixels, shape: tuple[int, ...], transform: NDArray[np.float64], frame: Frame) -> bool:
    """Return whether there is something where the code should be: with the contrast of a code, or glare."""
    x, y, wide, high = frame.code
    corners = np.array([[[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]]])
    at = cv2.perspectiveTransform(corners, transform)[0]
    if (at < 0).any() or (at > np.array(shape[1::-1]) - 1).any():
        return False
    left, top, right, bottom = (round(side * PX_PER_MM) for side in (x, y, x + wide, y + high))
    low, high_level = np.quantile(page[top:bottom, left:right], (0.2, 0.8))
    return bool(low > GLARING or high_level - low > CODE_CONTRAST * max(float(high_level), LEAST_LEVEL))


def _least_px_per_mm(transform: NDArray[np.float64], frame: Frame) -> float:
    """Return how many px a mm is where the page is farthest away."""
    x, y, wide, high = frame.table
    corners = np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]])
    steps = np.concatenate([corners, corners + np.array([1, 0]), corners + np.array([0, 1])])
    seen = cv2.perspectiveTransform(steps[None], transform)[0].reshape(3, 4, 2)
    return float(np.linalg.norm(seen[1:] - seen[0], axis=2).min())


def _find_blurred(page: Pixels, frame: Frame) -> Iterator[Problem]:
    darkness = cv2.GaussianBlur(find_darkness(page, PX_PER_MM), (0, 0), 0.6)  # so that grain is no edge
    across, down = (PX_PER_MM / 8 * np.abs(cv2.Sobel(darkness, cv2.CV_32F, *one)) for one in ((1, 0), (0, 1)))
    is_printed = darkness > PRINTED
    for mark in frame.marks:  # a part with nothing but a mark has too few edges to tell
        x, y, wide, high = (round(side * PX_PER_MM) for side in mark.rect)
        is_printed[y - AROUND_PX : y + high + AROUND_PX, x - AROUND_PX : x + wide + AROUND_PX] = False
    blurred = []
    for place, part in parts_of(page.shape):
        own = is_printed[part], across[part], down[part]
        edges = (
            _find_sharpness(own[0] & (own[1] >= own[2]), own[1]),
            _find_sharpness(own[0] & (own[2] > own[1]), own[2]),
        )
        if min(edges) < LEAST_SLOPE:
            blurred.append(place)
    yield from name_places("blurred", blurred)


def _find_sharpness(is_edge: NDArray[np.bool_], slope: NDArray[Any]) -> float:
    """Return the slope of the sharper edges of one direction; infinite if there are too few to tell."""
    return float(np.quantile(slope[is_edge], EDGES)) if is_edge.mean() >= LEAST_SHARE else np.inf


def _find_badly_lit(page: Pixels) -> Iterator[Problem]:
    levels = {place: float(np.median(page[part][::4, ::4])) for place, part in parts_of(page.shape)}
    dark = [place for place, level in levels.items() if level < LEAST_PAPER]
    brightest = max(max(levels.values()), LEAST_LEVEL)
    shaded = [place for place, level in levels.items() if level < SHADOW * brightest and place not in dark]
    yield from name_places("dark", dark)
    yield from name_places("shadow", shaded)
    yield from name_places("glare", find_glare(page, GLARE_MM * PX_PER_MM))


def _find_cut_off(shape: tuple[int, ...], transform: NDArray[np.float64], frame: Frame) -> Iterator[Problem]:
    """Yield the sides on which the photograph ends before the page's marks do."""
    left, top = frame.marks[0].rect[:2]
    right, bottom = frame.width_mm - left, frame.height_mm - top
    sides = {
        "top": ((left, top), (right, top)),
        "right": ((right, top), (right, bottom)),
        "bottom": ((left, bottom), (right, bottom)),
        "left": ((left, top), (left, bottom)),
    }
    for side, ends in sides.items():
        seen = cv2.perspectiveTransform(np.array([ends]), transform)[0]
        middle = seen.mean(axis=0)
        if ((middle < 0) | (middle > np.array(shape[1::-1]) - 1)).any():
            yield Problem("cut_off", side)
