"""Where on a photograph something is wrong, by its ninths, and where light hides what is printed."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.problems import Problem

Pixels = NDArray[np.uint8]

PLACES = (("upper left", "top", "upper right"), ("left", "middle", "right"), ("lower left", "bottom", "lower right"))
WHITE, LIT_PAPER = 250, 235  # of 255 levels: glare, and where all paper is so bright, there is none


def parts_of(shape: tuple[int, ...]) -> Iterator[tuple[str, tuple[slice, slice]]]:
    """Yield the name of each ninth of a picture, and where it is."""
    for row, names in enumerate(PLACES):
        for column, name in enumerate(names):
            down, right = (
                slice(n * side // 3, (n + 1) * side // 3) for n, side in zip((row, column), shape, strict=True)
            )
            yield name, (down, right)


def name_places(kind: str, places: list[str]) -> list[Problem]:
    """Return a problem for each place, or one for the whole page if it is so in most of it."""
    return [Problem(kind)] if len(places) > 4 else [Problem(kind, place) for place in places]


def find_glare(gray: Pixels, width_px: float) -> list[str]:
    """Return in which ninths a place so wide is white, and nothing is seen in it, though the paper around is not."""
    if float(np.median(gray[::4, ::4])) > LIT_PAPER:
        return []
    side = max(3, round(width_px))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    is_white = cv2.erode((gray >= WHITE).astype(np.uint8), disc, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return [place for place, part in parts_of(gray.shape) if is_white[part].any()]
