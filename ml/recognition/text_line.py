"""Find the lines of ink on a page, and draw each as the line recognizer sees it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import BlankDrawing, Ink, Page, ink_bounds, measure_pen_width
from ml.preprocessing.labels import Box, find_components
from ml.recognition.components import downsample_ink, max_filter
from ml.recognition.line_image import LineImage, draw_line_image

MAX_ROWS = 72  # components are found in cells, at most this many to the height of the ink ...
MIN_DIGIT_ROWS = 40  # ... but at least this many to a digit
MIN_DOT = 0.3  # of the pen's width squared: a smaller component is dust
MAX_COMPONENTS = 400  # more are noise, not writing
MAX_LINES = 8  # of a page: the rest are not read
# In digit heights:
SMALL = 0.45  # a lower component says nothing about where a line lies
BROKEN = 0.16  # of the ink's height: two components with a smaller gap between them are parts of one digit
OVERLAP = 0.1  # lines may overlap by this much
LONE_DASH = 0.3  # of its width: the digit height assumed for a single flat component
BAR = 0.15  # of its own height: a narrower component is a bar ...
BORDER = 1.5  # ... and if it is higher than this, in digit heights, a border
MIN_HEIGHT_PENS = 3.5  # a digit is at least this many pen widths high
FIELD_SHARE = 1.3  # the line recognizer's input shows so many digit heights, if that much ink is there


@dataclass(frozen=True)
class TextLine:
    """One line of ink.

    Attributes:
        page: the page it stands on.
        cells: (h, w) the line's ink in cells of `step` x `step` px.
        labels: (h, w) int32: which component, from 1, each cell belongs to, 0 = paper; grown by one cell.
        components: their bounding boxes, in cells.
        digit_height, pen_width: in cells.
        image: the line recognizer's input.
        others: the page's other lines.
    """

    page: Page
    cells: Ink
    labels: NDArray[np.int32]
    step: int
    components: tuple[Box, ...]
    digit_height: float
    pen_width: float
    image: LineImage
    others: "tuple[TextLine, ...]" = ()

    @property
    def lines(self) -> "tuple[TextLine, ...]":
        """Return all lines of the page, the first at the top."""
        return (self, *self.others)


def find_text_line(page: Page) -> TextLine:
    """Return the first line of a page; it knows the others, up to MAX_LINES in all. Raises BlankDrawing."""
    _, top, _, bottom = ink_bounds(page.ink)
    step = max(1, -(-(bottom - top) // MAX_ROWS))
    found = _find_components(page.ink, step)
    height = measure_digit_height(found.boxes, found.pen_width)
    while step > 1 and height < MIN_DIGIT_ROWS:  # a line much lower than the ink: look closer
        step = max(1, int(step * height / MIN_DIGIT_ROWS))
        found = _find_components(page.ink, step)
        height = measure_digit_height(found.boxes, found.pen_width)
    groups = split_into_lines(found.boxes, height)[:MAX_LINES]
    first, *others = (_make_line(page, found, step, group) for group in groups)
    return TextLine(**{**vars(first), "others": tuple(others)}) if others else first


@dataclass(frozen=True)
class _Components:
    cells: Ink
    labels: NDArray[np.int32]
    boxes: list[Box]
    pen_width: float


def _find_components(ink: Ink, step: int) -> _Components:
    """Label the components of the ink in cells, without dust. Raises BlankDrawing."""
    cells, inked = downsample_ink(ink, step)
    found = find_components(inked)
    pen_width = measure_pen_width(inked)
    kept = found.areas >= MIN_DOT * pen_width**2
    if kept.sum() > MAX_COMPONENTS:
        kept[np.argsort(found.areas, kind="stable")[:-MAX_COMPONENTS]] = False
    if not kept.any():
        raise BlankDrawing("There is nothing drawn here.")
    if kept.all():
        return _Components(cells, found.labels, found.boxes, pen_width)
    number = np.concatenate([[0], np.cumsum(kept) * kept]).astype(np.int32)
    boxes = [box for box, is_kept in zip(found.boxes, kept.tolist(), strict=True) if is_kept]
    return _Components(cells, number[found.labels], boxes, pen_width)


def measure_digit_height(boxes: list[Box], pen_width: float) -> float:
    """Return the height of a digit, in cells: the median of the components at least half as high as the highest."""
    if len(boxes) == 1:
        return max(float(boxes[0].height), MIN_HEIGHT_PENS * pen_width, LONE_DASH * boxes[0].width)
    boxes = without_borders(boxes, pen_width)
    lines = [[n] for n in sorted(range(len(boxes)), key=lambda n: boxes[n].top)]
    if len(boxes) == 2 and _is_broken_digit(boxes, lines) and _is_below(boxes, lines[0], lines[1][0]):
        return max(float(max(box.bottom for box in boxes) - min(box.top for box in boxes)), MIN_HEIGHT_PENS * pen_width)
    heights = np.array([box.height for box in boxes])
    return max(float(np.median(heights[heights >= 0.5 * heights.max()])), MIN_HEIGHT_PENS * pen_width)


def without_borders(boxes: list[Box], pen_width: float) -> list[Box]:
    """Return the boxes without those of upright bars much higher than the rest: borders beside the writing."""
    broad = [box.height for box in boxes if box.width >= BAR * box.height and box.height > 3 * pen_width]
    if not broad:
        return boxes
    limit = BORDER * float(np.median([height for height in broad if height >= 0.5 * max(broad)]))
    return [box for box in boxes if box.width >= BAR * box.height or box.height < limit]


def split_into_lines(boxes: list[Box], digit_height: float) -> list[list[int]]:
    """Return the indices of the components of each line, the first at the top, if lines lie above one another."""
    tall = sorted((n for n, box in enumerate(boxes) if box.height >= SMALL * digit_height), key=lambda n: boxes[n].top)
    lines: list[list[int]] = []
    bottom = -np.inf
    for number in tall:
        if boxes[number].top > bottom - OVERLAP * digit_height and (not lines or _is_below(boxes, lines[-1], number)):
            lines.append([])
        lines[-1].append(number)
        bottom = max(bottom, boxes[number].bottom)
    if len(lines) < 2 or _is_broken_digit(boxes, lines):
        return [list(range(len(boxes)))]
    middles = [(min(boxes[n].top for n in line) + max(boxes[n].bottom for n in line)) / 2 for line in lines]
    for number in sorted(set(range(len(boxes))) - set(tall)):
        middle = (boxes[number].top + boxes[number].bottom) / 2
        lines[int(np.argmin([abs(middle - other) for other in middles]))].append(number)
    return lines


def _is_below(boxes: list[Box], line: list[int], number: int) -> bool:
    """Return whether a component lies below a line rather than further along it, as on a rising line."""
    return any(boxes[number].left < boxes[one].right and boxes[one].left < boxes[number].right for one in line)


def _is_broken_digit(boxes: list[Box], lines: list[list[int]]) -> bool:
    """Return whether components above one another are parts of one digit: there is one in each row, next to no gap."""
    if any(len(line) > 1 for line in lines):
        return False
    parts = [boxes[line[0]] for line in lines]
    gaps = sum(max(lower.top - upper.bottom, 0) for upper, lower in pairwise(parts))
    return gaps < BROKEN * (parts[-1].bottom - parts[0].top)


def _make_line(page: Page, found: _Components, step: int, group: list[int]) -> TextLine:
    """Return the line of some of a page's components."""
    boxes = [found.boxes[one] for one in group]
    rows = slice(max(min(box.top for box in boxes) - 2, 0), max(box.bottom for box in boxes) + 2)
    labels = found.labels[rows]
    if len(group) < len(found.boxes):
        number = np.zeros(len(found.boxes) + 1, dtype=np.int32)
        number[np.array(group) + 1] = np.arange(1, len(group) + 1)
        labels = number[labels]
    height = measure_digit_height(boxes, found.pen_width)
    grown, cells = np.zeros_like(found.labels), np.zeros_like(found.cells)
    grown[rows] = np.where(labels > 0, labels, max_filter(labels, 1))
    cells[rows] = np.where(grown[rows] > 0, found.cells[rows], np.float32(0))
    writing = without_borders(boxes, found.pen_width)
    top, bottom = min(box.top for box in writing) - 1, max(box.bottom for box in writing) + 1
    room = max(round((FIELD_SHARE * height - (bottom - top)) / 2), 0)  # a longer bar is seen to be longer
    image = draw_line_image(cells[max(top - room, 0) : bottom + room], height, found.pen_width)
    return TextLine(page, cells, grown, step, tuple(boxes), height, found.pen_width, image)
