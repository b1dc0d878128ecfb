"""Detect marks on a photograph, also on one that is so blurred that it can only be refused."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

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
