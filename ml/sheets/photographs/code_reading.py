"""Read the code of a page whose marks were found."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import CODE_MM, Frame

Pixels = NDArray[np.uint8]
Transform = NDArray[np.float64]

QUIET_MM, WIDE_MM = 3.0, 8.0  # of the page that is seen around the code: on a flat page, on a bent one
PX_PER_MM = 14.0
NEXT_MARK = 1  # the mark next to the code


class View(NamedTuple):
    """The code and around_mm of the page around it, at PX_PER_MM."""

    pixels: Pixels
    around_mm: float


def read_code(grey: Pixels, transform: Transform, frame: Frame, marks: Mapping[int, NDArray[np.float64]]) -> str:
    """Return what the code says; "" if it can't be read.

    Args:
        grey: the photograph.
        transform: from mm of the page to px of the photograph.
        frame: of the page.
        marks: the corners of those found, by id.
    """
    views = list(_views(grey, transform, frame, marks))
    texts = (read(view) for read in (_decode, _detect) for view in views)
    return next((text for text in texts if text), "")


def _decode(view: View) -> str:
    """Read the code where it should be: OpenCV's search misses about one sharp code in twenty."""
    first, last = view.around_mm * PX_PER_MM - 0.5, (view.around_mm + CODE_MM) * PX_PER_MM - 0.5
    corners = np.array([[[first, first], [last, first], [last, last], [first, last]]], dtype=np.float32)
    return str(cv2.QRCodeDetector().decode(view.pixels, corners)[0])


def _detect(view: View) -> str:
    """Search the code, which a bent page shows elsewhere."""
    detector = cv2.QRCodeDetector()
    texts = (detector.detectAndDecode(variant)[0] for variant in _variants(view.pixels))
    return str(next((text for text in texts if text), ""))


def _views(
    grey: Pixels, transform: Transform, frame: Frame, marks: Mapping[int, NDArray[np.float64]]
) -> Iterator[View]:
    """Yield the code seen straight from above: as all marks say, and as the one beside it says."""
    yield View(_straighten(grey, transform, frame, QUIET_MM), QUIET_MM)
    if NEXT_MARK in marks:
        corners = np.array(frame.marks[NEXT_MARK].rect.corners, dtype=np.float32)
        near = cv2.getPerspectiveTransform(corners, marks[NEXT_MARK].astype(np.float32))
        yield View(_straighten(grey, np.asarray(near, dtype=np.float64), frame, QUIET_MM), QUIET_MM)
    yield View(_straighten(grey, transform, frame, WIDE_MM), WIDE_MM)


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
