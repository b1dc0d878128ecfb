"""Find the components of a line, and group those that belong to the same digit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ml.preprocessing.ink import MIN_INK, Ink, Page, pad_with_zeros
from ml.recognition.components import label_components, max_pool

LabelMap = NDArray[np.int32]  # (h, w) cells: the number of the component at each cell, 0 = paper

MAX_STROKES = 250  # stroke numbers must fit in one byte
THIN_PEN = 0.6  # ink level: a pen that fills its cells no darker than this is thinner than a cell
MIN_POINT = 0.7  # of the pen's width: a smaller speck is dust
ONE_DIGIT = 0.75  # of its own height: a narrower component is one digit, however many strokes it has
# In line heights:
SMALL = 0.45  # a lower component belongs to the tall one above or below it
MARK = 0.3  # a smaller component may be a decimal point, a comma or, if flat, a sign


@dataclass(frozen=True)
class Box:
    """A bounding box in cells; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def union(self, other: "Box") -> "Box":
        """Return the box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def downsample_ink(ink: Ink, step: int) -> tuple[Ink, NDArray[np.bool_]]:
    """Return the ink level of each `step` x `step` block, and which count as ink; keep pens thinner than a block."""
    cells = ink if step == 1 else np.asarray(Image.fromarray(ink).reduce(step))
    inked = cells[cells > MIN_INK / 2]
    full = float(np.quantile(inked, 0.75)) if len(inked) else 0.0
    if full < THIN_PEN:
        cells = max_pool(ink, step)
        return cells, cells > MIN_INK
    return cells, cells > full / 2


def label_page(page: Page, inked: NDArray[np.bool_], step: int) -> LabelMap:
    """Label the components, from 1; split those wider than a digit into their strokes, if the page has strokes."""
    labels = label_components(inked)
    is_broad = np.array([False, *(box.width > ONE_DIGIT * box.height for box in component_boxes(labels))])
    if not is_broad.any() or not 1 < len(page.strokes) <= MAX_STROKES:
        return labels
    strokes = _label_strokes(page, inked, step)
    mixed = np.where(is_broad[labels], np.where(strokes > 0, strokes + len(is_broad), 0), labels)
    if not mixed.any():
        return labels
    return np.unique(mixed, return_inverse=True)[1].reshape(mixed.shape).astype(np.int32)


def _label_strokes(page: Page, inked: NDArray[np.bool_], step: int) -> LabelMap:
    """Label the strokes, from 1, later strokes over earlier ones; two digits seldom share a stroke."""
    drawn = Image.new("L", (inked.shape[1], inked.shape[0]))
    canvas = ImageDraw.Draw(drawn)
    width = max(1, round(page.pen_width / step) + 1)
    for number, stroke in enumerate(page.strokes):
        line = [(float(x), float(y)) for x, y in (stroke / step).tolist()]
        canvas.line([line[0], *line], fill=number + 1, width=width, joint="curve")
        for x, y in (line[0], line[-1]):
            canvas.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=number + 1)
    return np.where(inked, np.asarray(drawn, dtype=np.int32), 0)


def measure_pen_width(inked: NDArray[np.bool_]) -> float:
    """Return the mean stroke width in cells, at least 1: twice the area over the outline, as in `thicken`."""
    framed = pad_with_zeros(inked, 1, 1)
    steps = int((framed[1:] != framed[:-1]).sum() + (framed[:, 1:] != framed[:, :-1]).sum())
    return max(2.0 * float(inked.sum()) / max(steps * np.pi / 4, 1.0), 1.0)


def component_boxes(labels: LabelMap) -> list[Box]:
    """Return the bounding box of each label, from 1."""
    count = int(labels.max())
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns] - 1
    low, high = np.full((2, count), 1 << 30), np.full((2, count), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], numbers, places)
        np.maximum.at(high[axis], numbers, places)
    corners = np.stack([low[0], low[1], high[0] + 1, high[1] + 1], axis=1)
    return [Box(*row) for row in corners.tolist()]


def group_components(boxes: list[Box]) -> tuple[list[list[int]], float]:
    """Return groups of components that belong together, and the line's height in cells.

    A low component belongs to the tall one above or below it: the top of a 5, a broken stroke.
    """
    tallest = max(box.height for box in boxes)
    line_height = float(np.median([box.height for box in boxes if box.height >= 0.5 * tallest]))
    groups = {place: [place] for place, box in enumerate(boxes) if box.height >= SMALL * line_height}
    heads = list(groups)
    for place, box in enumerate(boxes):
        if place in groups:
            continue
        best, most = -1, 0.4 * box.width
        for head in heads:
            shared = min(box.right, boxes[head].right) - max(box.left, boxes[head].left)
            if shared > most:
                best, most = head, shared
        if best >= 0:
            groups[best].append(place)
        else:
            groups[place] = [place]
    return list(groups.values()), line_height


def has_stray_point(removed: Ink, step: int, components: list[Box], pen_width: float) -> bool:
    """Return whether a removed speck is as bold as the pen and next to the digits, so most likely a decimal point."""
    inked = removed[::step, ::step] > 0.5
    if not inked.any():
        return False
    specks = [
        box for box in component_boxes(label_components(inked)) if min(box.width, box.height) >= MIN_POINT * pen_width
    ]
    return any(all(speck.right <= one.left or speck.left >= one.right for one in components) for speck in specks)


def skip_reason(component: Box, line_height: float) -> str | None:
    """Return "mark" if the decoder may skip this component as a point, comma or dash, else None."""
    is_point = max(component.width, component.height) < MARK * line_height
    is_level = component.height < MARK * line_height and component.width > 1.4 * component.height
    return "mark" if is_point or is_level else None


def has_several_lines(components: list[Box], line_height: float) -> bool:
    """Return whether one component as tall as a digit lies below another."""

    digits = [component for component in components if component.height >= SMALL * line_height]
    return any(one.bottom <= other.top + 0.1 * line_height for one in digits for other in digits)
