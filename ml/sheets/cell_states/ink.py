"""The ink in a cell: parts that were written, without specks, shadows and what is left of printed lines.

Lengths are in units, of about two heights of a digit, unless they say otherwise: a cell may be much higher than what is
written in it.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

UNIT_PX = 80
MARGIN = 0.08  # of the cell's height, along the borders, where remains of the printed lines lie
PAPER = 0.35  # the window whose brightest level counts as paper
LEAST_CONTRAST = 18  # of 255 levels
GRAIN_TIMES = 5.0  # times the paper's grain
INK_SHARE, FULL_SHARE = 0.4, 0.6  # of the darkest ink's contrast: as much is ink, or surely so
SMALL = 0.1  # a part that is neither higher nor wider is a speck
LEAST_EXTENT = 0.2  # of the longest part of what is written; a minus is longer
LEAST_AREA = 0.004  # of a part, in squared units
BORDER_SHARE = 0.45  # of a border's length with ink along it
REMAINS = 0.12  # of the cell's height: the breadth of a printed line's remains at a border


class Part(NamedTuple):
    """A connected part of the ink, in px at UNIT_PX.

    Attributes:
        label: of its pixels.
    """

    left: int
    top: int
    width: int
    height: int
    area: int
    label: int

    @property
    def right(self) -> int:
        """The first column after it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height


def find_parts(ink: Mask) -> tuple[NDArray[np.int32], list[Part]]:
    """Return the connected parts of the ink, and which of them each pixel belongs to."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    parts = []
    for label, (left, top, width, height, area) in enumerate(stats.tolist()):
        if label:  # the first is the paper
            parts.append(Part(left, top, width, height, area, label))
    return np.asarray(labels, np.int32), parts


def find_levels(contrast: NDArray[np.float32]) -> tuple[float, float]:
    """Return the contrasts above which a pixel is ink, and surely ink."""
    edge = round(MARGIN * len(contrast))
    low, middle, darkest = np.quantile(contrast[edge:-edge], [0.1, 0.35, 0.995])
    grain = float(middle - low) / 0.9  # of the brighter part: large writing fills half of a cell
    least = max(LEAST_CONTRAST, GRAIN_TIMES * grain + float(middle), INK_SHARE * float(darkest))
    return least, max(least, FULL_SHARE * float(darkest))


def find_contrast(small: Pixels) -> NDArray[np.float32]:
    """Return how much darker each pixel is than the paper around it, whose light may fall off or end in a shadow."""
    side = int(PAPER * UNIT_PX) | 1
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (side, side)))
    paper = cv2.medianBlur(paper, 5)
    return np.asarray(paper, np.float32) - cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)


def without_borders(ink: Mask) -> Mask:
    """Return the ink without what lies along most of a border: a printed line, or two that meet in a corner."""
    band = round(MARGIN * len(ink))
    for side in (ink[:band], ink[-band:], ink[:, :band].T, ink[:, -band:].T):
        if side.any(axis=0).mean() >= BORDER_SHARE:
            side[:] = False
    return ink


def is_remains(part: Part, height: int, width: int) -> bool:
    """Return whether a part is what is left of a printed line along a border of the cell."""
    near = round(MARGIN * height)
    breadth = REMAINS * height
    lies_along = part.height <= breadth and (
        part.bottom <= near + breadth / 2 or part.top >= height - near - breadth / 2
    )
    stands_along = part.width <= breadth and (part.right <= near or part.left >= width - near)
    touches = part.top == 0 or part.bottom == height or part.left == 0 or part.right == width
    return (lies_along and part.width > part.height) or (stands_along and (touches or part.height > 0.8 * height))


def is_written(part: Part) -> bool:
    """Return whether a part is more than a speck."""
    return max(part.width, part.height) >= SMALL * UNIT_PX and part.area >= LEAST_AREA * UNIT_PX**2


def crop(ink: Mask) -> Mask | None:
    """Return the part of a mask that holds its ink; None if there is none."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else None
