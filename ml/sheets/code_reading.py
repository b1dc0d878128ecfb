"""Read the code of a page whose marks were found."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import Frame

QUIET_MM = 3.0  # of white that is seen around the code
PX_PER_MM = 14.0


def read_code(grey: NDArray[np.uint8], transform: NDArray[np.float64], frame: Frame) -> str:
    """Return what the code says; "" if it can't be read.

    Args:
        grey: the photograph.
        transform: from mm of the page to px of the photograph.
        frame: of the page.
    """
    x, y, wide, high = frame.code
    size = round((wide + 2 * QUIET_MM) * PX_PER_MM), round((high + 2 * QUIET_MM) * PX_PER_MM)
    to_mm = np.array([[1 / PX_PER_MM, 0, x - QUIET_MM], [0, 1 / PX_PER_MM, y - QUIET_MM], [0, 0, 1]])
    code = cv2.warpPerspective(
        grey, transform @ to_mm, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    detector = cv2.QRCodeDetector()
    for one in _variants(code):
        text = detector.detectAndDecode(one)[0]
        if text:
            return str(text)
    return ""


def _variants(code: NDArray[np.uint8]):
    yield code
    yield cv2.normalize(code, None, 0, 255, cv2.NORM_MINMAX)
    half = cv2.resize(code, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    yield half
    blurred = cv2.GaussianBlur(code, (0, 0), 6)
    yield cv2.addWeighted(code, 2.5, blurred, -1.5, 0)
