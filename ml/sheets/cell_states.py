"""Tell written cells from empty ones, from values that were crossed out, and from ditto marks, by their ink.

Lengths are in heights of the cell unless they say otherwise. What is doubtful counts as written: it is then read, and
its reading tells whether it holds a number.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.states import CellState

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SIDE_PX = 64  # the height at which cells are looked at
MARGIN = 0.08  # along the borders, where remains of the printed lines lie
PAPER = 0.35  # the window whose brightest level counts as paper
LEAST_CONTRAST = 22  # of 255 levels
GRAIN_TIMES = 6.0  # times the paper's grain
INK_SHARE = 0.4  # of the darkest ink's contrast
SMALL = 0.1  # a part that is neither higher nor wider is a speck
LEAST_EXTENT = 0.2  # of the longest part of what is written; a minus is longer
LEAST_AREA_PX = 14
REMAINS = 0.12  # the breadth of a printed line's remains at a border


class Part(NamedTuple):
    """A connected part of the ink, in px at SIDE_PX.

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


def find_cell_state(pixels: Pixels) -> CellState:
    """Return what a cell holds: WRITTEN, EMPTY, CROSSED_OUT or DITTO.

    Args:
        pixels: (h, w) uint8, 255 = paper, without the cell's lines and boxes.
    """
    if min(pixels.shape) < 8:
        return CellState.EMPTY
    ink, labels, parts = _find_parts(pixels)
    if not parts:
        return CellState.EMPTY
    if is_ditto(parts):
        return CellState.DITTO
    kept = np.isin(labels, [part.label for part in parts]) & ink
    return CellState.CROSSED_OUT if is_crossed_out(kept) else CellState.WRITTEN


def _find_parts(pixels: Pixels) -> tuple[Mask, NDArray[np.int32], list[Part]]:
    """Return the ink at SIDE_PX, its labels, and the parts that were written: no specks, shadows or printed lines."""
    width = max(8, round(pixels.shape[1] * SIDE_PX / pixels.shape[0]))
    small = cv2.resize(pixels, (width, SIDE_PX), interpolation=cv2.INTER_AREA)
    contrast = _contrast(small)
    inner = contrast[round(MARGIN * SIDE_PX) : -round(MARGIN * SIDE_PX)]
    grain = 1.4826 * float(np.median(np.abs(inner - np.median(inner))))
    darkest = float(np.quantile(inner, 0.995))
    least = max(LEAST_CONTRAST, GRAIN_TIMES * grain, INK_SHARE * darkest)
    ink = contrast > least
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    parts = [Part(*(int(one) for one in stats[label, :5]), label) for label in range(1, count)]
    parts = [part for part in parts if not _is_remains(part, width)]
    longest = max((max(part.width, part.height) for part in parts), default=0)
    if longest < LEAST_EXTENT * SIDE_PX:
        return ink, labels, []
    return ink, labels, [part for part in parts if _is_written(part)]


def _contrast(small: Pixels) -> NDArray[np.float32]:
    """Return how much darker each pixel is than the paper around it, whose light may fall off or end in a shadow."""
    side = int(PAPER * SIDE_PX) | 1
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (side, side)))
    paper = cv2.medianBlur(paper, 5)
    return np.asarray(paper, np.float32) - cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)


def _is_remains(part: Part, width: int) -> bool:
    """Return whether a part is what is left of a printed line along a border of the cell."""
    near = round(MARGIN * SIDE_PX)
    breadth = REMAINS * SIDE_PX
    lies_along = part.height <= breadth and (
        part.bottom <= near + breadth / 2 or part.top >= SIDE_PX - near - breadth / 2
    )
    stands_along = part.width <= breadth and (part.right <= near or part.left >= width - near)
    touches = part.top == 0 or part.bottom == SIDE_PX or part.left == 0 or part.right == width
    return (lies_along and part.width > part.height) or (stands_along and (touches or part.height > 0.8 * SIDE_PX))


def _is_written(part: Part) -> bool:
    return max(part.width, part.height) >= SMALL * SIDE_PX and part.area >= LEAST_AREA_PX


DITTO_HEIGHT = 0.12, 0.42  # of the strokes; digits are higher
DITTO_BREADTH = 0.75  # of a stroke's height
DITTO_GAP = 0.03, 0.4  # between the two
DITTO_LEVEL = 0.5  # of a stroke's height: how far one may be higher than the other
DITTO_DASH = 0.12  # the least width of the dashes that may stand on both sides; they are no higher than half of that


def is_ditto(parts: list[Part]) -> bool:
    """Return whether the parts are two short strokes side by side, with or without a dash left and right of them."""
    ordered = sorted(parts, key=lambda part: part.left)
    if len(ordered) == 4 and _is_dash(ordered[0]) and _is_dash(ordered[3]):
        ordered = ordered[1:3]
    if len(ordered) != 2:
        return False
    first, second = ordered
    low, high = DITTO_HEIGHT[0] * SIDE_PX, DITTO_HEIGHT[1] * SIDE_PX
    for part in ordered:
        is_thin = part.width <= max(DITTO_BREADTH * part.height, 5)
        is_stroke = part.area >= 0.3 * part.height * min(part.width, 4)
        if not (low <= part.height <= high and is_thin and is_stroke):
            return False
    higher = max(first.height, second.height)
    is_level = abs(first.top - second.top) <= DITTO_LEVEL * higher
    is_level = is_level and abs(first.bottom - second.bottom) <= DITTO_LEVEL * higher
    gap = (second.left + second.right) / 2 - (first.left + first.right) / 2
    return is_level and DITTO_GAP[0] * SIDE_PX <= gap <= max(DITTO_GAP[1] * SIDE_PX, 1.2 * higher)


def _is_dash(part: Part) -> bool:
    return part.width >= DITTO_DASH * SIDE_PX and part.height <= 0.6 * part.width


STRIKE_SPAN = 0.86  # of the ink's width that a line through a value spans
STRIKE_ASPECT = 1.05  # of the ink: a lower one may be a 4 or a 7 with its bar
STRIKE_SOLID = 0.93  # of a line's length is ink
STRIKE_ANGLES = tuple(range(-36, 37, 3))  # degrees
CROSSED_BANDS = 0.22, 0.78  # of the ink's height, where the middle of a line through a value lies
SCRIBBLE_RUNS = 5.0  # strokes that a row or column of a scribble crosses in the mean, for one as wide as high
SCRIBBLE_FILL = 0.52  # of its box that is ink


def is_crossed_out(ink: Mask) -> bool:
    """Return whether a line runs through all that is written, or it was scribbled over."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cut.shape
    if height < 0.25 * SIDE_PX:
        return False
    return _is_scribble(cut) or (width >= STRIKE_ASPECT * height and _is_struck(cut))


def _is_scribble(cut: Mask) -> bool:
    height, width = cut.shape
    fill = float(cut.mean())
    down = float((np.diff(cut.astype(np.int8), axis=0, prepend=0) == 1).sum(axis=0).mean())
    return (fill >= SCRIBBLE_FILL and width > 0.5 * height) or down >= SCRIBBLE_RUNS


def _is_struck(cut: Mask) -> bool:
    """Return whether a straight line of ink spans the ink's width, with ink of digits above and below it."""
    height, width = cut.shape
    near = cv2.dilate(cut.astype(np.uint8), np.ones((3, 1), np.uint8)).astype(bool)
    columns = np.arange(width)
    first = int((1 - STRIKE_SPAN) / 2 * width)
    inner = columns[first : width - first or None]
    for angle in STRIKE_ANGLES:
        slope = np.tan(np.deg2rad(angle))
        offsets = np.rint(slope * (inner - width / 2)).astype(int)
        if abs(slope) * width > 1.25 * height:
            continue
        for middle in range(int(CROSSED_BANDS[0] * height), int(CROSSED_BANDS[1] * height) + 1):
            y = middle + offsets
            if y[0] < 0 or y[-1] < 0 or y[0] >= height or y[-1] >= height:
                continue
            if near[y, inner].mean() >= STRIKE_SOLID and _has_both_sides(cut, middle, slope):
                return True
    return False


def _has_both_sides(cut: Mask, middle: int, slope: float) -> bool:
    height, width = cut.shape
    line = middle + slope * (np.arange(width) - width / 2)
    y = np.arange(height)[:, None]
    margin = max(3.0, 0.08 * height)
    above = (cut & (y < line - margin)).any(axis=0).mean()
    below = (cut & (y > line + margin)).any(axis=0).mean()
    return bool(min(above, below) > 0.2 and above + below > 0.7)
