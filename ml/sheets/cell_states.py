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

SIDE_PX = 80  # the height at which cells are looked at
MARGIN = 0.08  # along the borders, where remains of the printed lines lie
PAPER = 0.35  # the window whose brightest level counts as paper
LEAST_CONTRAST = 18  # of 255 levels
GRAIN_TIMES = 5.0  # times the paper's grain
INK_SHARE, FULL_SHARE = 0.4, 0.6  # of the darkest ink's contrast: as much is ink, or surely so
SMALL = 0.1  # a part that is neither higher nor wider is a speck
LEAST_EXTENT = 0.2  # of the longest part of what is written; a minus is longer
LEAST_AREA = 0.004  # of a part, in squared heights
BORDER_SHARE = 0.45  # of a border's length with ink along it
REMAINS = 0.12  # the breadth of a printed line's remains at a border

SURER = 1.25  # times that level: strokes that run into one another come apart

# Ditto marks: two short strokes side by side, with or without dashes on both sides.
DITTO_HEIGHT = 0.12, 0.42  # digits are higher
DITTO_SHEARS = (0.0, 0.15, 0.3, 0.45, 0.6, -0.15)  # of strokes that lean, to the right if it is positive
ALL_INK = 0.8  # of the ink's width is sure
DASH = 0.09  # the length of a dash
TALL = 0.55  # of their height: the ink in columns of strokes
SLIM, SLIM_PX = 0.45, 7  # of a stroke, of its height, once it is upright
LEVEL = 0.4  # of their height: how far one may be higher than the other
NEAR = 0.25  # of their height: what is so near to a stroke belongs to it
DITTO_BREADTH = 0.6  # of a stroke, of its height
DITTO_GAP = 0.2, 1.4  # between the strokes' middles, of their height

# Crossed out: a line through several digits, or a scribble. A single digit with a line may be a 4 or a 7.
STRIKE_ASPECT = 1.7  # of the ink: its width by its height
STRIKE_SPAN = 0.96  # of the ink's width
STRIKE_SOLID = 0.985  # of the line's length is ink
STRIKE_SLOPES = tuple(np.tan(np.deg2rad(np.arange(-36, 37, 2))))
STRIKE_BANDS = 0.22, 0.78  # of the ink's height, where the line's middle lies
SCRIBBLE_RUNS = 2.75, 3.4  # strokes that a row crosses in the mean, on a stretch as long as the ink is high; ...
LONG = 1.3  # ... for ink that is so much wider than high, and for other ink: a 0 and an 8 have many
SCRIBBLE_WIDTH = 0.6  # of the ink is in one connected part


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
    width = max(8, round(pixels.shape[1] * SIDE_PX / pixels.shape[0]))
    contrast = _contrast(np.asarray(cv2.resize(pixels, (width, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8))
    least, full = _find_levels(contrast)
    labels, parts = _find_parts(_without_borders(contrast > least))
    parts = [part for part in parts if not _is_remains(part, width)]
    longest = max((max(part.width, part.height) for part in parts), default=0)
    if longest < LEAST_EXTENT * SIDE_PX:
        is_ditto_like = longest >= DITTO_HEIGHT[0] * SIDE_PX and len(parts) > 1
        if not is_ditto_like:
            return CellState.EMPTY
    parts = [part for part in parts if _is_written(part)]
    if not parts:
        return CellState.EMPTY
    ink = np.isin(labels, [part.label for part in parts])
    if any(is_ditto(ink, contrast > level) for level in (full, SURER * full)):
        return CellState.DITTO
    if longest < LEAST_EXTENT * SIDE_PX:
        return CellState.EMPTY
    return CellState.CROSSED_OUT if is_crossed_out(ink, max(part.width for part in parts)) else CellState.WRITTEN


def _find_parts(ink: Mask) -> tuple[NDArray[np.int32], list[Part]]:
    """Return the connected parts of the ink, and which of them each pixel belongs to."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    parts = []
    for label, (left, top, width, height, area) in enumerate(stats.tolist()):
        if label:  # the first is the paper
            parts.append(Part(left, top, width, height, area, label))
    return np.asarray(labels, np.int32), parts


def _find_levels(contrast: NDArray[np.float32]) -> tuple[float, float]:
    """Return the contrasts above which a pixel is ink, and surely ink."""
    edge = round(MARGIN * SIDE_PX)
    low, middle, darkest = np.quantile(contrast[edge:-edge], [0.1, 0.35, 0.995])
    grain = float(middle - low) / 0.9  # of the brighter part: large writing fills half of a cell
    least = max(LEAST_CONTRAST, GRAIN_TIMES * grain + float(middle), INK_SHARE * float(darkest))
    return least, max(least, FULL_SHARE * float(darkest))


def _contrast(small: Pixels) -> NDArray[np.float32]:
    """Return how much darker each pixel is than the paper around it, whose light may fall off or end in a shadow."""
    side = int(PAPER * SIDE_PX) | 1
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (side, side)))
    paper = cv2.medianBlur(paper, 5)
    return np.asarray(paper, np.float32) - cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)


def _without_borders(ink: Mask) -> Mask:
    """Return the ink without what lies along most of a border: a printed line, or two that meet in a corner."""
    band = round(MARGIN * SIDE_PX)
    for side in (ink[:band], ink[-band:], ink[:, :band].T, ink[:, -band:].T):
        if side.any(axis=0).mean() >= BORDER_SHARE:
            side[:] = False
    return ink


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
    return max(part.width, part.height) >= SMALL * SIDE_PX and part.area >= LEAST_AREA * SIDE_PX**2


def is_ditto(ink: Mask, is_sure: Mask) -> bool:
    """Return whether the ink is two short strokes side by side, with or without a dash left and right of them.

    Args:
        ink: (h, w) at SIDE_PX.
        is_sure: where it surely is: strokes that blur into one another come apart there.
    """
    labels, parts = _find_parts(ink & is_sure)
    parts = sorted((part for part in parts if part.area >= LEAST_AREA * SIDE_PX**2), key=lambda part: part.left)
    columns = np.flatnonzero(ink.any(axis=0))
    if not parts or max(part.right for part in parts) - parts[0].left < ALL_INK * (columns[-1] - columns[0]):
        return False  # faint ink stands beside them
    if len(parts) in (3, 4) and _is_dash(parts[0]) and _is_dash(parts[-1]):  # a dash on one side alone may be a minus
        parts = parts[1:-1]
    if len(parts) not in (1, 2):
        return False
    cut = _crop(np.isin(labels, [part.label for part in parts]))
    if cut is None or not DITTO_HEIGHT[0] * SIDE_PX <= cut.shape[0] <= DITTO_HEIGHT[1] * SIDE_PX:
        return False
    if len(parts) == 2 and _are_strokes(*((labels == part.label) for part in parts)):
        return True
    return any(_has_two_strokes(_shear(cut, shear)) for shear in DITTO_SHEARS)


def _is_dash(part: Part) -> bool:
    return part.width >= max(DASH * SIDE_PX, 1.5 * part.height) and part.height <= 0.2 * SIDE_PX


def _are_strokes(first: Mask, second: Mask) -> bool:
    """Return whether two parts, the left one first, are thin strokes of one height side by side."""
    boxes = []
    for part in (first, second):
        cut = _crop(part)
        if cut is None:
            return False
        height = cut.shape[0]
        slimmest = min(np.count_nonzero(_shear(cut, shear).any(axis=0)) for shear in DITTO_SHEARS)
        if height < DITTO_HEIGHT[0] * SIDE_PX or slimmest > max(SLIM * height, SLIM_PX):
            return False
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        boxes.append((rows[0], rows[-1], (columns[0] + columns[-1]) / 2))
    (top, bottom, left), (other_top, other_bottom, right) = boxes
    height = max(bottom - top, other_bottom - other_top)
    is_level = max(abs(top - other_top), abs(bottom - other_bottom)) <= LEVEL * height
    return bool(is_level and DITTO_GAP[0] * height <= right - left <= DITTO_GAP[1] * height)


def _shear(cut: Mask, shear: float) -> Mask:
    """Return ink whose strokes leaned so far to the right upright."""
    height, width = cut.shape
    room = round(abs(shear) * height)
    found = np.zeros((height, width + room), bool)
    for y in range(height):
        start = round(shear * y) if shear >= 0 else round(-shear * (height - 1 - y))
        found[y, start : start + width] = cut[y]
    return found


def _has_two_strokes(upright: Mask) -> bool:
    """Return whether two columns of ink stand apart, with nothing beside them."""
    height = len(upright)
    runs = _find_runs(upright.sum(axis=0) >= TALL * height)
    if len(runs) != 2 or any(end - start > DITTO_BREADTH * height for start, end in runs):
        return False
    (start, left), (right, end) = runs
    gap = (right + end - start - left) / 2
    is_apart = not upright[:, left:right].any(axis=0).all() and DITTO_GAP[0] * height <= gap <= DITTO_GAP[1] * height
    near = round(NEAR * height)
    return bool(is_apart and not upright[:, : max(start - near, 0)].any() and not upright[:, end + near :].any())


def _find_runs(where: Mask) -> list[tuple[int, int]]:
    """Return start and end of each run of True."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], where.astype(np.int8), [0]])))
    return list(zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True))


def _crop(ink: Mask) -> Mask | None:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else None


def is_crossed_out(ink: Mask, widest: int) -> bool:
    """Return whether a line runs through several digits, or they were scribbled over.

    Args:
        ink: (h, w) at SIDE_PX.
        widest: the width of its widest connected part.
    """
    cut = _crop(ink)
    if cut is None or cut.shape[0] < LEAST_EXTENT * SIDE_PX or widest < SCRIBBLE_WIDTH * cut.shape[1]:
        return False
    return _is_scribble(cut) or (cut.shape[1] >= STRIKE_ASPECT * cut.shape[0] and _is_struck(cut))


def _is_scribble(cut: Mask) -> bool:
    height, width = cut.shape
    rows = cut[round(0.2 * height) : max(round(0.8 * height), 1)]
    runs = float((np.diff(rows.astype(np.int8), axis=1, prepend=0) == 1).sum(axis=1).mean())
    return width >= 0.6 * height and runs * height / width >= SCRIBBLE_RUNS[width < LONG * height]


def _is_struck(cut: Mask) -> bool:
    """Return whether a straight line of ink spans the ink's width, with ink of digits above and below it."""
    height, width = cut.shape
    first = int((1 - STRIKE_SPAN) / 2 * width)
    inner = np.arange(first, width - first)
    middles = np.arange(int(STRIKE_BANDS[0] * height), int(STRIKE_BANDS[1] * height) + 1)
    for slope in STRIKE_SLOPES:
        y = middles[:, None] + np.rint(slope * (inner - width / 2)).astype(int)
        y = y[(y.min(axis=1) >= 0) & (y.max(axis=1) < height)]
        if not len(y):
            continue
        solid = cut[y, inner].mean(axis=1)
        best = int(solid.argmax())
        if solid[best] >= STRIKE_SOLID and _has_both_sides(cut, float(y[best].mean()), float(slope)):
            return True
    return False


def _has_both_sides(cut: Mask, middle: float, slope: float) -> bool:
    height, width = cut.shape
    line = middle + slope * (np.arange(width) - width / 2)
    y = np.arange(height)[:, None]
    margin = max(3.0, 0.1 * height)
    above = (cut & (y < line - margin)).any(axis=0).mean()
    below = (cut & (y > line + margin)).any(axis=0).mean()
    return bool(min(above, below) > 0.25 and above + below > 0.8)
