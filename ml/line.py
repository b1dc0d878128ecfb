"""A page's ink in pieces from left to right, and which runs of neighbouring pieces may be one digit."""

from collections.abc import Iterable
from dataclasses import dataclass, field

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
    Ink,
    Page,
    centre_on_mass,
    crop_to_ink,
    fit_inside,
    ink_bounds,
    to_mnist,
)
from ml.segment import Candidate, label_pieces, without_specks

Owners = NDArray[np.int32]  # (h, w) cells: the number of the piece that the ink there belongs to, 0 = paper

CELLS_HIGH = 72  # pieces are told apart in cells, so many to the height of the ink
MOST_PIECES = 96
RUN, FINE_RUN = 4, 6  # a digit is in so many neighbouring pieces at most
# in heights of the line:
SMALL = 0.45  # a piece lower than that belongs to the tall one below or above it
MARK = 0.3  # what is smaller may be a point or a comma, or level and so a sign
WIDEST, WIDEST_CUT = 1.7, 1.3  # of several pieces together
WIDEST_GAP = 0.3
LOWEST, THIN = 0.5, 0.3
TALL, BROAD = 0.7, 0.42  # two pieces so tall and broad, ink between them, are two digits


@dataclass(frozen=True)
class Box:
    """Cells: right and bottom exclusive; and how much ink, in cells."""

    left: int
    top: int
    right: int
    bottom: int
    area: int

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
            self.area + other.area,
        )


@dataclass(frozen=True)
class Edge:
    """A run of pieces, start up to end, that may be one digit, and what speaks against it whatever it looks like."""

    start: int
    end: int
    candidate: Candidate
    cost: float


@dataclass
class Line:
    """The pieces of a page, left to right; candidates are made when asked for.

    cuts: for each of the len(pieces) + 1 places between pieces what it costs to part there, 0 where there is paper.
    skips: for each piece what it costs to leave it out, None where it must be read.
    is_doubtful: there are several lines, or signs.
    """

    page: Page
    ink: Ink
    owners: Owners
    step: int
    tall: float
    pen: float
    pieces: list[Box]
    cuts: list[float]
    skips: list[str | None]
    is_doubtful: bool
    made: dict[tuple[int, int], Candidate] = field(default_factory=dict)
    is_fine: bool = False

    def edges(self) -> list[Edge]:
        """Give all runs that may be one digit; between any two neighbouring pieces one may end."""
        found = []
        count, longest = len(self.pieces), FINE_RUN if self.is_fine else RUN
        for start in range(count):
            box = self.pieces[start]
            for end in range(start + 1, count + 1):
                if end > start + 1:
                    last = self.pieces[end - 1]
                    gap = last.left - box.right
                    if end - start > longest and (start or end < count):
                        break
                    if self._is_split(end - 1, gap):
                        break
                    box = box.joined(last)
                    if box.wide > (WIDEST_CUT if self.is_fine else WIDEST) * max(box.high, 0.5 * self.tall):
                        if not self.is_fine or end > start + 1:
                            break
                if self.is_fine and self._is_no_digit(box):
                    continue
                found.append(Edge(start, end, self.candidate(start, end), self._cost(start, end, box)))
        return found

    def _is_no_digit(self, box: Box) -> bool:
        """Say whether a run's shape alone tells that it is no digit."""
        return box.high < LOWEST * self.tall or (box.wide < THIN * self.tall and box.high < TALL * self.tall)

    def _is_split(self, place: int, gap: int) -> bool:
        """Say whether no digit reaches over this place between pieces."""
        if self.cuts[place]:
            return False
        one, other = self.pieces[place - 1], self.pieces[place]
        are_digits = all(side.high >= TALL * self.tall and side.wide >= BROAD * self.tall for side in (one, other))
        return gap > WIDEST_GAP * self.tall or (are_digits and -gap < 0.6 * min(one.wide, other.wide))

    def _cost(self, start: int, end: int, box: Box) -> float:
        """Give what speaks against a run: that it is cut out, that it is far lower than the line, that it has gaps."""
        parted = sum(CUT_COST + CROSSED_COST * cut for cut in (self.cuts[start], self.cuts[end]) if cut) / 2
        low = SMALL_COST * max(0.0, SMALL_FROM - box.high / self.tall)
        wide = WIDE_COST * max(0.0, box.wide / self.tall - WIDE_FROM) if len(self.pieces) > 1 else 0.0
        gaps = sum(
            max(0, self.pieces[place].left - self.pieces[place - 1].right)
            for place in range(start + 1, end)
        )
        return parted + low + wide + GAP_COST * gaps / self.tall

    def candidate(self, start: int, end: int) -> Candidate:
        """Give the digit in pieces start up to end."""
        made = self.made.get((start, end))
        if made is None:
            self.made[start, end] = made = self._make(start, end)
        return made

    def _make(self, start: int, end: int) -> Candidate:
        if (start, end) == (0, len(self.pieces)):
            return _seen(self.page, self.ink, (0, 0))
        if self.is_fine:
            return self._make_roughly(start, end)
        boxes = self.pieces[start:end]
        height, width = self.owners.shape
        left, right = max(min(box.left for box in boxes) - 1, 0), min(max(box.right for box in boxes) + 1, width)
        top, bottom = max(min(box.top for box in boxes) - 1, 0), min(max(box.bottom for box in boxes) + 1, height)
        owners = self._reach()[top:bottom, left:right]
        mine = (owners > start) & (owners <= end)
        x, y = left * self.step, top * self.step
        part = self.ink[y : bottom * self.step, x : right * self.step]
        if self.step > 1:
            mine = mine.repeat(self.step, axis=0).repeat(self.step, axis=1)[: part.shape[0], : part.shape[1]]
        return _seen(self.page, part * mine, (x, y))

    def _make_roughly(self, start: int, end: int) -> Candidate:
        """Give the digit from cells, which are as good once it is 20 px high, and cheap."""
        boxes = self.pieces[start:end]
        left, right = min(box.left for box in boxes), max(box.right for box in boxes)
        top, bottom = min(box.top for box in boxes), max(box.bottom for box in boxes)
        rows, columns = slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)
        owners = self._reach()[rows, columns]
        part = np.where((owners > start) & (owners <= end), self._cells()[rows, columns], np.float32(0))
        growth = round((THINNEST_STROKE * max(part.shape) / WORKING_SIDE - self.pen) / 2)
        if growth > 0:
            padded = Image.fromarray(np.pad((part * 255).astype(np.uint8), growth))
            part = np.asarray(padded.filter(ImageFilter.MaxFilter(2 * growth + 1)), dtype=np.float32) / 255
        seen = centre_on_mass(fit_inside(crop_to_ink(part), side=BOX_SIDE), side=SIDE)
        seen = (np.round(seen * 255) / np.float32(255)).astype(np.float32)
        return Candidate(seen, self.page.box_of(*(side * self.step for side in (left, top, right, bottom))))

    def cut(self, doubtful: Iterable[int]) -> "tuple[Line, list[int]] | None":
        """Give the line with these pieces cut, and the new place of each old place; None if nothing can be cut."""
        pen = self.pen
        chosen = set(doubtful)
        owners = np.zeros_like(self.owners)
        pieces: list[Box] = []
        cuts: list[float] = [0.0]
        skips: list[str | None] = []
        places = [0]
        for number, box in enumerate(self.pieces):
            part = (slice(box.top, box.bottom), slice(box.left, box.right))
            mine = self.owners[part] == number + 1
            parts, costs = [mine], []
            if number in chosen:
                ways = find_cuts(np.where(mine, self._cells()[part], 0).astype(np.float32), self.tall, self.pen)
                columns = np.arange(box.wide)
                at = sum((columns >= way.columns[:, None]).astype(np.int32) for way in ways) if ways else 0
                parts = [mine & (at == place) for place in range(len(ways) + 1)]
                costs = [max(way.crossed / pen, 0.1) for way in ways]
            for place, one in enumerate(parts):
                if not one.any():
                    continue
                pieces.append(_box_of(one, box.left, box.top))
                owners[part][one] = len(pieces)
                is_link = len(parts) > 1 and _is_link(pieces[-1], pen)
                skips.append("link" if is_link else (self.skips[number] if len(parts) == 1 else "part"))
                cuts.append(costs[place] if place < len(costs) else 0.0)
            cuts[-1] = 0.0
            places.append(len(pieces))
        if len(pieces) == len(self.pieces):
            return None
        fine = Line(
            self.page, self.ink, owners, self.step, self.tall, self.pen, pieces, cuts, skips, self.is_doubtful, is_fine=True
        )
        fine._mean = self._mean
        for (start, end), made in self.made.items():
            fine.made[places[start], places[end]] = made
        return fine, places

    def _cells(self) -> Ink:
        if self._mean is None:
            self._mean = _mean_of(self.ink, self.step)
        return self._mean

    def _reach(self) -> Owners:
        """Give the owners with what is next to ink: the faint edge of a stroke."""
        if self._grown is None:
            self._grown = np.where(self.owners > 0, self.owners, _grown(self.owners))
        return self._grown

    _mean: Ink | None = None
    _grown: Owners | None = None


SMALL_COST, SMALL_FROM, GAP_COST = 4.0, 0.75, 2.0
WIDE_COST, WIDE_FROM = 3.0, 0.85
CUT_COST, CROSSED_COST = 0.8, 0.7
SKIP_COST = {"link": 3.0, "mark": 1.5, "part": 6.0}
LINK_OF_PEN = 1.6


def find_line(page: Page) -> Line:
    """Give the pieces of a page's ink, left to right. Raises BlankDrawing."""
    ink = without_specks(page.ink)
    _, top, _, bottom = ink_bounds(ink)
    step = max(1, -(-(bottom - top) // CELLS_HIGH))
    cells = _mean_of(ink, step)
    full = cells[cells > FAINTEST_INK / 2]
    threshold = 0.5 * min(1.0, float(np.quantile(full, 0.75))) if len(full) else 0.0
    labels = label_pieces(cells > threshold)
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
    skips = [_mark_cost(piece, tall) if len(pieces) > 1 else None for piece in pieces]
    pen = _pen_width(labels > 0)
    line = Line(
        page, ink, owners, step, tall, pen, pieces, [0.0] * (len(pieces) + 1), skips, _are_lines(pieces, tall)
    )
    line._mean = cells
    return line


def _seen(page: Page, ink: Ink, at: tuple[int, int]) -> Candidate:
    left, top, right, bottom = ink_bounds(ink)
    seen = np.round(to_mnist(ink) * 255) / np.float32(255)
    return Candidate(seen.astype(np.float32), page.box_of(left + at[0], top + at[1], right + at[0], bottom + at[1]))


def _mean_of(ink: Ink, step: int) -> Ink:
    return ink if step == 1 else np.asarray(Image.fromarray(ink).reduce(step))


def _grown(owners: Owners) -> Owners:
    grown = Image.fromarray(owners.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    return np.asarray(grown, dtype=np.int32)


def _pen_width(inked: NDArray[np.bool_]) -> float:
    padded = np.pad(inked, 1)
    steps = int((padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum())
    return max(2.0 * float(inked.sum()) / max(steps * np.pi / 4, 1.0), 1.0)


def _box_of(mine: NDArray[np.bool_], left: int, top: int) -> Box:
    columns, rows = np.flatnonzero(mine.any(axis=0)), np.flatnonzero(mine.any(axis=1))
    return Box(
        left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1,
        int(mine.sum()),
    )


def _boxes(labels: Owners) -> list[Box]:
    """Give the box of each label from 1 up."""
    count = int(labels.max())
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns] - 1
    low, high = np.full((2, count), 1 << 30), np.full((2, count), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], numbers, places)
        np.maximum.at(high[axis], numbers, places)
    areas = np.bincount(numbers, minlength=count)
    corners = np.stack([low[0], low[1], high[0] + 1, high[1] + 1, areas], axis=1)
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


def _mark_cost(piece: Box, tall: float) -> str | None:
    is_point = max(piece.wide, piece.high) < MARK * tall
    is_level = piece.high < MARK * tall and piece.wide > 1.4 * piece.high
    return "mark" if is_point or is_level else None


def _is_link(piece: Box, pen: float) -> bool:
    """Say whether a cut piece is one stroke from side to side, as between digits written in one go."""
    return piece.area <= LINK_OF_PEN * pen * float(np.hypot(piece.wide, piece.high))


def _are_lines(pieces: list[Box], tall: float) -> bool:
    """Say whether one piece stands below another, both as tall as digits."""
    digits = [piece for piece in pieces if piece.high >= SMALL * tall]
    return any(one.bottom <= other.top + 0.1 * tall for one in digits for other in digits)
