"""A page's ink in pieces from left to right, and which runs of neighbouring pieces may be one digit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from itertools import combinations, takewhile

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ml.cuts import find_cuts
from ml.digits import SIDE
from ml.ink import (
    BOX_SIDE,
    FAINTEST_INK,
    THINNEST_STROKE,
    WORKING_SIDE,
    BlankDrawing,
    Ink,
    Page,
    centre_on_mass,
    fit_inside,
    ink_bounds,
)
from ml.segment import Candidate, candidate_of, darkest_of, label_pieces, without_specks

Owners = NDArray[np.int32]  # (h, w) cells: the number of the piece that the ink there belongs to, 0 = paper

CELLS_HIGH = 72  # pieces are told apart in cells, so many to the height of the ink
MOST_PIECES, MOST_STROKES = 96, 250
THIN_PEN = 0.6  # of a cell's ink: a pen that fills no more of its cells is thinner than they are
SHARED = 0.0  # of the pen's width: where digits touch, so much of the ink is both of them
RUN = 4  # a digit is in so many neighbouring pieces at most
# in heights of the line:
SMALL = 0.45  # a piece lower than that belongs to the tall one below or above it
ONE_DIGIT = 0.75  # of its own height: connected ink no broader is one digit, however many its strokes
POINT = 0.7  # of the pen's width: a smaller speck is dust
MARK = 0.3  # what is smaller may be a point or a comma, or level and so a sign
WIDEST, WIDEST_CUT = 1.7, 1.3  # of several pieces together
WIDEST_GAP = 0.3
LOWEST, THIN = 0.5, 0.3
TALL, BROAD = 0.7, 0.42  # two pieces so tall and broad, ink between them, are two digits


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
        """Give the box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class Edge:
    """What lies between two places and may be one digit. gaps: between its pieces, in heights of the line."""

    start: int
    end: int
    candidate: Candidate
    box: Box
    gaps: float


@dataclass(frozen=True)
class Place:
    """Where one digit may end and the next begin: before a piece, or at a cut through it.

    columns: (h,) the cut's first column to its right in each row of cells; None before a piece.
    crossed: the ink that the cut crosses, in widths of the pen.
    """

    piece: int
    columns: NDArray[np.int64] | None = None
    crossed: float = 0.0


@dataclass
class Line:
    """The pieces of a page, left to right, and the places at which digits may be parted.

    tall, pen: the line's height and the pen's width, in cells. skips: why a step from place to place may be left out.
    is_doubtful: there are several lines, or a point beside the digits.
    """

    page: Page
    ink: Ink
    cells: Ink
    owners: Owners
    step: int
    tall: float
    pen: float
    pieces: list[Box]
    places: list[Place]
    skips: list[str | None]
    is_doubtful: bool
    known: frozenset[tuple[int, int]] = frozenset()

    @cached_property
    def top(self) -> float:
        """Where most pieces begin."""
        return float(np.median([piece.top for piece in self._tall_pieces]))

    @cached_property
    def bottom(self) -> float:
        """Where most pieces end."""
        return float(np.median([piece.bottom for piece in self._tall_pieces]))

    @property
    def _tall_pieces(self) -> list[Box]:
        return [piece for piece in self.pieces if piece.high >= LOWEST * self.tall] or self.pieces

    def edges(self) -> list[Edge]:
        """Give what may be a digit and is not known yet."""
        last = len(self.places) - 1
        runs = {(0, last)} if last else set()
        for start in range(last):
            runs |= {(start, end) for end in takewhile(partial(self._may_reach, start), range(start + 1, last + 1))}
        return [edge for start, end in sorted(runs - self.known) if (edge := self._edge(start, end))]

    def _is_cut(self, start: int, end: int) -> bool:
        return self.places[start].columns is not None or self.places[end].columns is not None

    def pieces_of(self, start: int, end: int) -> tuple[int, int]:
        """Give the first piece between two places and the one behind the last."""
        return self.places[start].piece, self.places[end].piece + (self.places[end].columns is not None)

    def _may_reach(self, start: int, end: int) -> bool:
        """Say whether a digit may go from one place to another at all, or beyond."""
        first, behind = self.pieces_of(start, end)
        if behind - first == 1:
            one, other = self.middle(start), self.middle(end)
            return not self._is_cut(start, end) or other - one <= WIDEST_CUT * self.tall
        if behind - first > RUN or any(self._is_split(place) for place in range(first + 1, behind)):
            return False
        return self.middle(end) - self.middle(start) <= WIDEST * self.tall

    def middle(self, place: int) -> float:
        columns, piece = self.places[place].columns, self.places[place].piece
        if columns is not None:
            return float(columns[self.pieces[piece].top : self.pieces[piece].bottom].mean())
        return self.pieces[piece].left if piece < len(self.pieces) else self.pieces[-1].right

    def _is_split(self, place: int) -> bool:
        """Say whether no digit reaches over the paper before this piece."""
        one, other = self.pieces[place - 1], self.pieces[place]
        gap = other.left - one.right
        are_digits = all(side.high >= TALL * self.tall and side.wide >= BROAD * self.tall for side in (one, other))
        return gap > WIDEST_GAP * self.tall or (are_digits and -gap < 0.6 * min(one.wide, other.wide))

    def _edge(self, start: int, end: int) -> Edge | None:
        first, behind = self.pieces_of(start, end)
        if (start, end) == (0, len(self.places) - 1):
            box = reduce(Box.joined, self.pieces)
            is_wide = behind > 1 and box.wide > WIDEST_CUT * max(box.high, 0.5 * self.tall)
            return None if is_wide else self._placed(start, end, candidate_of(self.page, self.ink), box)
        part, left, top = self.part(start, end)
        try:
            x0, y0, x1, y1 = ink_bounds(part)
        except BlankDrawing:
            return None
        box = Box(left + x0, top + y0, left + x1, top + y1)
        if self._is_cut(start, end):
            is_thin = box.wide < THIN * self.tall and box.high < TALL * self.tall
            if box.high < LOWEST * self.tall or is_thin or box.wide > WIDEST_CUT * box.high:
                return None
        elif behind - first > 1 and box.wide > WIDEST_CUT * max(box.high, 0.5 * self.tall):
            return None
        return self._placed(start, end, self._rough(part[y0:y1, x0:x1], box), box)

    def _placed(self, start: int, end: int, candidate: Candidate, box: Box) -> Edge:
        first, behind = self.pieces_of(start, end)
        inner = zip(self.pieces[first : behind - 1], self.pieces[first + 1 : behind], strict=True)
        gaps = sum(max(0, other.left - one.right) for one, other in inner)
        return Edge(start, end, candidate, box, gaps / self.tall)

    def part(self, start: int, end: int) -> tuple[Ink, int, int]:
        """Give the cells between two places, and the column and row of their corner."""
        first, behind = self.pieces_of(start, end)
        box = reduce(Box.joined, self.pieces[first:behind])
        left, top, right, bottom = max(box.left - 1, 0), max(box.top - 1, 0), box.right + 1, box.bottom + 1
        shared = round(SHARED * self.pen)
        begin, close = self.places[start].columns, self.places[end].columns
        if begin is not None and first == behind - 1:
            left = max(left, int(begin[top:bottom].min()) - shared)
        if close is not None and first == behind - 1:
            right = min(right, int(close[top:bottom].max()) + shared)
        owners = self.owners[top:bottom, left:right]
        mine = (owners > first) & (owners <= behind)
        columns = np.arange(left, left + owners.shape[1])
        if begin is not None:
            mine &= (owners != first + 1) | (columns >= begin[top:bottom, None] - shared)
        if close is not None:
            mine &= (owners != behind) | (columns < close[top:bottom, None] + shared)
        return np.where(mine, self.cells[top:bottom, left:right], np.float32(0)), left, top

    def _rough(self, part: Ink, box: Box) -> Candidate:
        """Give what is cut out as a candidate, from cells: as good once it is 20 px high, and cheap."""
        growth = round((THINNEST_STROKE * max(part.shape) / WORKING_SIDE - self.pen) / 2)
        if growth > 0:
            padded = Image.fromarray(np.pad((part * 255).astype(np.uint8), growth))
            part = np.asarray(padded.filter(ImageFilter.MaxFilter(2 * growth + 1)), dtype=np.float32) / 255
        seen = np.round(centre_on_mass(fit_inside(part, side=BOX_SIDE), side=SIDE) * 255) / np.float32(255)
        sides = (box.left * self.step, box.top * self.step, box.right * self.step, box.bottom * self.step)
        return Candidate(seen.astype(np.float32), self.page.box_of(*sides))

    def cut(self, doubtful: Iterable[int]) -> "tuple[Line, list[int]] | None":
        """Give the line with these pieces cut, and the new number of each old place; None if nothing can be cut."""
        chosen = set(doubtful)
        places: list[Place] = []
        numbers: list[int] = []
        skips: list[str | None] = []
        for number, box in enumerate(self.pieces):
            numbers.append(len(places))
            places.append(Place(number))
            if number not in chosen:
                skips.append(self.skips[number])
                continue
            rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
            mine = np.where(self.owners[rows, columns] == number + 1, self.cells[rows, columns], np.float32(0))
            for way in find_cuts(mine, self.tall, self.pen):
                on_page = np.zeros(len(self.cells), dtype=np.int64)
                on_page[rows] = way.columns + box.left
                places.append(Place(number, on_page, way.crossed / self.pen))
            skips += ["part"] * (len(places) - len(skips)) if len(places) - 1 > numbers[-1] else [self.skips[number]]
        numbers.append(len(places))
        places.append(Place(len(self.pieces)))
        if len(places) == len(self.places):
            return None
        known = frozenset((numbers[start], numbers[end]) for start, end in combinations(range(len(numbers)), 2))
        return replace(self, places=places, skips=skips, known=known), numbers


def find_line(page: Page) -> Line:
    """Give the pieces of a page's ink, left to right. Raises BlankDrawing."""
    ink = without_specks(page.ink)
    _, top, _, bottom = ink_bounds(ink)
    step = max(1, -(-(bottom - top) // CELLS_HIGH))
    cells, inked = _cells_of(ink, step)
    labels = _pieces_on(page, inked, step)
    boxes = _boxes(labels)
    groups, tall = _grouped(boxes)
    groups = groups if len(groups) <= MOST_PIECES else [list(range(len(boxes)))]
    groups.sort(key=lambda group: _middle(boxes, group))
    number = np.zeros(len(boxes) + 1, dtype=np.int32)
    pieces = []
    for place, group in enumerate(groups):
        whole = boxes[group[0]]
        for one in group:
            number[one + 1] = place + 1
            whole = whole.joined(boxes[one]) if one != group[0] else whole
        pieces.append(whole)
    owners = number[labels]
    pen = _pen_width(labels > 0)
    is_doubtful = _are_lines(pieces, tall) or _is_pointed(page.ink - ink, step, pieces, pen)
    skips = [_skip_of(piece, tall) if len(pieces) > 1 else None for piece in pieces]
    return Line(
        page,
        ink,
        cells,
        np.where(owners > 0, owners, _grown(owners)),
        step,
        tall,
        pen,
        pieces,
        [Place(piece) for piece in range(len(pieces) + 1)],
        skips,
        is_doubtful,
    )


def _cells_of(ink: Ink, step: int) -> tuple[Ink, NDArray[np.bool_]]:
    """Give the ink of each `step` x `step` px, and where it is; a pen thinner than a cell fills its cells."""
    cells = ink if step == 1 else np.asarray(Image.fromarray(ink).reduce(step))
    inked = cells[cells > FAINTEST_INK / 2]
    full = float(np.quantile(inked, 0.75)) if len(inked) else 0.0
    if full < THIN_PEN:
        cells = darkest_of(ink, step)
        return cells, cells > FAINTEST_INK
    return cells, cells > full / 2


def _pieces_on(page: Page, inked: NDArray[np.bool_], step: int) -> Owners:
    """Number the connected pieces from 1 up; one broader than a digit in its strokes, where they are known."""
    labels = label_pieces(inked)
    is_broad = np.array([False, *(box.wide > ONE_DIGIT * box.high for box in _boxes(labels))])
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


def _grown(owners: Owners) -> Owners:
    grown = Image.fromarray(owners.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    return np.asarray(grown, dtype=np.int32)


def _pen_width(inked: NDArray[np.bool_]) -> float:
    padded = np.pad(inked, 1)
    steps = int((padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum())
    return max(2.0 * float(inked.sum()) / max(steps * np.pi / 4, 1.0), 1.0)


def _boxes(labels: Owners) -> list[Box]:
    """Give the box of each label from 1 up."""
    count = int(labels.max())
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns] - 1
    low, high = np.full((2, count), 1 << 30), np.full((2, count), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], numbers, places)
        np.maximum.at(high[axis], numbers, places)
    corners = np.stack([low[0], low[1], high[0] + 1, high[1] + 1], axis=1)
    return [Box(*row) for row in corners.tolist()]


def _grouped(boxes: list[Box]) -> tuple[list[list[int]], float]:
    """Give which pieces belong together whatever they look like, and the line's height in cells.

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


def _middle(boxes: list[Box], group: list[int]) -> float:
    return min(boxes[one].left for one in group) + max(boxes[one].right for one in group)


def _is_pointed(wiped: Ink, step: int, pieces: list[Box], pen: float) -> bool:
    """Say whether a speck that was wiped is as bold as the pen and beside the digits: a point, most likely."""
    inked = wiped[::step, ::step] > 0.5
    if not inked.any():
        return False
    specks = [box for box in _boxes(label_pieces(inked)) if min(box.wide, box.high) >= POINT * pen]
    return any(all(speck.right <= one.left or speck.left >= one.right for one in pieces) for speck in specks)


def _skip_of(piece: Box, tall: float) -> str | None:
    is_point = max(piece.wide, piece.high) < MARK * tall
    is_level = piece.high < MARK * tall and piece.wide > 1.4 * piece.high
    return "mark" if is_point or is_level else None


def _are_lines(pieces: list[Box], tall: float) -> bool:
    """Say whether one piece stands below another, both as tall as digits."""
    digits = [piece for piece in pieces if piece.high >= SMALL * tall]
    return any(one.bottom <= other.top + 0.1 * tall for one in digits for other in digits)
