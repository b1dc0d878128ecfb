"""Take the light off a straightened page: how dark each pixel is, relative to the paper around it."""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]

PAPER_PX_PER_MM = 2.0  # at which the paper's brightness is found
CLOSED_MM = 5.5  # what is narrower is ink
LEAST_LEVEL = 8.0  # of the paper: blacker places tell nothing


def find_darkness(page: Pixels, px_per_mm: float) -> Values:
    """Return (h, w) in [0, 1]: 0 is paper, in light or in shadow; 1 is black."""
    scale = PAPER_PX_PER_MM / px_per_mm
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = round(CLOSED_MM * PAPER_PX_PER_MM) | 1
    closed = cv2.morphologyEx(cv2.medianBlur(small, 3), cv2.MORPH_CLOSE, np.ones((side, side), dtype=np.uint8))
    level = cv2.resize(cv2.GaussianBlur(closed, (0, 0), 1.5), page.shape[::-1], interpolation=cv2.INTER_LINEAR)
    darkness = 1 - page / np.maximum(level.astype(np.float32), LEAST_LEVEL)
    return np.asarray(np.clip(darkness, 0, 1), dtype=np.float32)
