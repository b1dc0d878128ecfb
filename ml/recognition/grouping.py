"""A page's ink in pieces: what is connected or drawn by one stroke, and what belongs together whatever it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ml.preprocessing.ink import FAINTEST_INK, Ink, Page, padded
from ml.recognition.components import darkest_of, label_pieces

Owners = NDArray[np.int32]  # (h, w) cells: the number of the piece that the ink there belongs to, 0 = paper

MOST_STROKES = 250
THIN_PEN = 0.6  # of a cell's ink: a pen that fills no more of its cells is thinner than they are
POINT = 0.7  # of the pen's width: a smaller speck is dust
# in heights of the line:
SMALL = 0.45  # a piece lower than that belongs to the tall one below or above it
ONE_DIGIT = 0.75  # of its own height: connected ink no broader is one digit, however many its strokes
MARK = 0.3  # what is smaller may be a point or a comma, or level and so a sign


@dataclass(frozen=True)
class Box:
    """Cells: right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def wide(self) -> int:
        return self.right - self.left

    @property
    def high(self) -> int:
        return self.bottom - self.top

    def joined(self, other: "Box") -> "Box":
        """Return the box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def cells_of(ink: Ink, step: int) -> tuple[Ink, NDArray[np.bool_]]:
    """Return the ink of each `step` x `step` px, and where it is; a pen thinner than a cell fills its cells."""
    cells = ink if step == 1 else np.asarray(Image.fromarray(ink).reduce(step))
    inked = cells[cells > FAINTEST_INK / 2]
    full = float(np.quantile(inked, 0.75)) if len(inked) else 0.0
    if full < THIN_PEN:
        cells = darkest_of(ink, step)
        return cells, cells > FAINTEST_INK
    return cells, cells > full / 2


def pieces_on(page: Page, inked: NDArray[np.bool_], step: int) -> Owners:
    """Number the connected pieces from 1 up; one broader than a digit in its strokes, where they are known."""
    labels = label_pieces(inked)
    is_broad = np.array([False, *(box.wide > ONE_DIGIT * box.high for box in boxes_of(labels))])
    if not is_broad.any() or not 1 < len(page.strokes) <= MOST_STROKES:
        return labels
    strokes = _strokes_on(page, inked, step)
    mixed = np.where(is_broad[labels], np.where(strokes > 0, strokes + len(is_broad), 0), labels)
    if not mixed.any():
        return labels
    return np.unique(mixed, return_inverse=True)[1].reshape(mixed.shape).astype(np.int32)


def _strokes_on(page: Page, inked: NDArray[np.bool_], step: int) -> Owners:
    """Number the strokes from 1 up, each where it was the last to be drawn: two digits seldom share one."""
    drawn = Image.new("L", (inked.shape[1], inked.shape[0]))
    canvas = ImageDraw.Draw(drawn)
    width = max(1, round(page.pen / step) + 1)
    for number, stroke in enumerate(page.strokes):
        line = [(float(x), float(y)) for x, y in (stroke / step).tolist()]
        canvas.line([line[0], *line], fill=number + 1, width=width, joint="curve")
        for x, y in (line[0], line[-1]):
            canvas.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=number + 1)
    return np.where(inked, np.asarray(drawn, dtype=np.int32), 0)


def pen_width(inked: NDArray[np.bool_]) -> float:
    framed = padded(inked, 1, 1)
    steps = int((framed[1:] != framed[:-1]).sum() + (framed[:, 1:] != framed[:, :-1]).sum())
    return max(2.0 * float(inked.sum()) / max(steps * np.pi / 4, 1.0), 1.0)


def boxes_of(labels: Owners) -> list[Box]:
    """Return the box of each label from 1 up."""
    count = int(labels.max())
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns] - 1
    low, high = np.full((2, count), 1 << 30), np.full((2, count), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], numbers, places)
        np.maximum.at(high[axis], numbers, places)
    corners = np.stack([low[0], low[1], high[0] + 1, high[1] + 1], axis=1)
    return [Box(*row) for row in corners.tolist()]


def grouped(boxes: list[Box]) -> tuple[list[list[int]], float]:
    """Return which pieces belong together whatever they look like, and the line's height in cells.

    What is low belongs to the tall one that it lies over or under: the roof of a five, a broken stroke.
    """
    tallest = max(box.high for box in boxes)
    tall = float(np.median([box.high for box in boxes if box.high >= 0.5 * tallest]))
    groups = {place: [place] for place, box in enumerate(boxes) if box.high >= SMALL * tall}
    heads = list(groups)
    for place, box in enumerate(boxes):
        if place in groups:
            continue
        best, most = -1, 0.4 * box.wide
        for head in heads:
            shared = min(box.right, boxes[head].right) - max(box.left, boxes[head].left)
            if shared > most:
                best, most = head, shared
        if best >= 0:
            groups[best].append(place)
        else:
            groups[place] = [place]
    return list(groups.values()), tall


def is_pointed(wiped: Ink, step: int, pieces: list[Box], pen: float) -> bool:
    """Return whether a speck that was wiped is as bold as the pen and beside the digits: a point, most likely."""
    inked = wiped[::step, ::step] > 0.5
    if not inked.any():
        return False
    specks = [box for box in boxes_of(label_pieces(inked)) if min(box.wide, box.high) >= POINT * pen]
    return any(all(speck.right <= one.left or speck.left >= one.right for one in pieces) for speck in specks)


def skip_of(piece: Box, tall: float) -> str | None:
    is_point = max(piece.wide, piece.high) < MARK * tall
    is_level = piece.high < MARK * tall and piece.wide > 1.4 * piece.high
    return "mark" if is_point or is_level else None


def are_lines(pieces: list[Box], tall: float) -> bool:
    """Return whether one piece stands below another, both as tall as digits."""
    digits = [piece for piece in pieces if piece.high >= SMALL * tall]
    return any(one.bottom <= other.top + 0.1 * tall for one in digits for other in digits)
