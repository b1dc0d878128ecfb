"""Detect marks on a photograph, also on one that is so blurred that it can only be refused."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.marks import MARK_BITS, SIDE_BITS

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

BIT_PX = 8  # of a mark that is looked at closely
DARKER, CLEAR = 0.35, 0.3  # black than paper; how far off either a bit may be, of the difference
SHARPENED_SIDES_PX = (1600, 700)  # of the longer side
SHARPENINGS = (2.0, 4.0)  # how much of the blurred picture is taken off
SHARPENED_SHARE = 1 / 500  # of the longer side: the deviation of what is taken off


def detect_marks(grey: Pixels) -> Iterator[tuple[int, Points]]:
    """Yield the id of each of our marks, and its corners in px, clockwise from its own upper left."""
    settings = cv2.aruco.DetectorParameters()
    settings.minMarkerPerimeterRate = 0.02
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    corners, numbers, _ = cv2.aruco.ArucoDetector(dictionary, settings).detectMarkers(grey)
    for number, four in zip([] if numbers is None else numbers.ravel().tolist(), corners, strict=True):
        if number < 6:
            yield int(number), np.asarray(four, dtype=np.float64).reshape(4, 2)


def detect_blurred_marks(grey: Pixels) -> dict[int, Points]:
    """Return the corners of marks, by id, that are seen once a photograph is sharpened; up to a blur of half a bit."""
    found: dict[int, Points] = {}
    for side in SHARPENED_SIDES_PX:
        scale = min(1.0, side / max(grey.shape))
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        smooth = cv2.GaussianBlur(small, (0, 0), SHARPENED_SHARE * max(small.shape))
        for amount in SHARPENINGS:
            sharpened = cv2.addWeighted(small, 1 + amount, smooth, -amount, 0)
            for number, corners in detect_marks(np.asarray(sharpened, dtype=np.uint8)):
                found.setdefault(number, (corners + 0.5) / scale - 0.5)
    return dict(sorted(found.items()))


def is_clear_mark(grey: Pixels, number: int, corners: Points) -> bool:
    """Return whether each bit of a mark is black or white as printed, and all around it is white: no box of a table."""
    side = SIDE_BITS + 2
    expected = np.ones((side + 2, side + 2), dtype=bool)  # with the white around it
    expected[1:-1, 1:-1] = False
    expected[2:-2, 2:-2] = [[row >> (SIDE_BITS - 1 - bit) & 1 for bit in range(SIDE_BITS)] for row in MARK_BITS[number]]
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], dtype=np.float32) * BIT_PX + BIT_PX
    place = cv2.getPerspectiveTransform(square, corners.astype(np.float32))
    size = (side + 2) * BIT_PX
    seen = cv2.warpPerspective(grey, place, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    middles = seen.reshape(side + 2, BIT_PX, side + 2, BIT_PX)[:, 2:-2, :, 2:-2].mean(axis=(1, 3))
    paper, black = float(np.median(middles[expected])), float(np.median(middles[~expected]))
    share = (middles - black) / max(paper - black, 1.0)
    off = np.where(expected, 1 - share, share)
    return paper - black > DARKER * paper and bool((off < CLEAR).all())
