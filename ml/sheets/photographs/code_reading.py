"""Read the code of a page whose marks were found."""

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import Frame
from ml.sheets.photographs.mesh import corners_of

Pixels = NDArray[np.uint8]
Transform = NDArray[np.float64]

QUIET_MM, WIDE_MM = 3.0, 8.0  # of the page that is seen around the code: on a flat page, on a bent one
PX_PER_MM = 14.0
NEXT_MARK = 1  # the mark next to the code


def read_code(grey: Pixels, transform: Transform, frame: Frame, marks: Mapping[int, NDArray[np.float64]]) -> str:
    """Return what the code says; "" if it can't be read.

    Args:
        grey: the photograph.
        transform: from mm of the page to px of the photograph.
        frame: of the page.
        marks: the corners of those found, by id.
    """
    detector = cv2.QRCodeDetector()
    for code in _views(grey, transform, frame, marks):
        for one in _variants(code):
            text = detector.detectAndDecode(one)[0]
            if text:
                return str(text)
    return ""


def _views(
    grey: Pixels, transform: Transform, frame: Frame, marks: Mapping[int, NDArray[np.float64]]
) -> Iterator[Pixels]:
    """Yield the code seen straight from above: as all marks say, and as the one beside it says."""
    yield _straighten(grey, transform, frame, QUIET_MM)
    if NEXT_MARK in marks:
        near = cv2.getPerspectiveTransform(
            corners_of(frame.marks[NEXT_MARK]).astype(np.float32), marks[NEXT_MARK].astype(np.float32)
        )
        yield _straighten(grey, near, frame, QUIET_MM)
    yield _straighten(grey, transform, frame, WIDE_MM)


def _straighten(grey: Pixels, transform: Transform, frame: Frame, around_mm: float) -> Pixels:
    x, y, wide, high = frame.code
    size = round((wide + 2 * around_mm) * PX_PER_MM), round((high + 2 * around_mm) * PX_PER_MM)
    to_mm = np.array([[1 / PX_PER_MM, 0, x - around_mm], [0, 1 / PX_PER_MM, y - around_mm], [0, 0, 1]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    seen = cv2.warpPerspective(grey, transform @ to_mm, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, dtype=np.uint8)


def _variants(code: Pixels) -> Iterator[Pixels]:
    """Yield the code as it is, with full contrast, coarser, and sharpened."""
    yield code
    yield np.asarray(cv2.normalize(code, code.copy(), 0, 255, cv2.NORM_MINMAX), dtype=np.uint8)
    yield np.asarray(cv2.resize(code, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    yield np.asarray(cv2.addWeighted(code, 2.5, cv2.GaussianBlur(code, (0, 0), 6), -1.5, 0), dtype=np.uint8)
