"""A page's ink in pieces from left to right, and which runs of neighbouring pieces may be one digit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from itertools import combinations, takewhile

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ml.cuts import find_cuts
from ml.digits import SIDE
from ml.ink import (
    BOX_SIDE,
    THINNEST_STROKE,
    WORKING_SIDE,
    BlankDrawing,
    Ink,
    Page,
    centre_on_mass,
    fit_inside,
    ink_bounds,
)
from ml.pieces import (
    Box,
    Owners,
    are_lines,
    boxes_of,
    cells_of,
    grouped,
    is_pointed,
    pen_width,
    pieces_on,
    skip_of,
)
from ml.segment import Candidate, candidate_of, spread, without_specks

CELLS_HIGH = 72  # pieces are told apart in cells, so many to the height of the ink
MOST_PIECES = 96
RUN = 4  # a digit is in so many neighbouring pieces at most
# in heights of the line:
WIDEST, WIDEST_CUT = 1.7, 1.3  # of several pieces together
WIDEST_GAP = 0.3
LOWEST, THIN = 0.5, 0.3
TALL, BROAD = 0.7, 0.42  # two pieces so tall and broad, ink between them, are two digits


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
        begin, close = self.places[start].columns, self.places[end].columns
        if begin is not None and first == behind - 1:
            left = max(left, int(begin[top:bottom].min()))
        if close is not None and first == behind - 1:
            right = min(right, int(close[top:bottom].max()))
        owners = self.owners[top:bottom, left:right]
        mine = (owners > first) & (owners <= behind)
        columns = np.arange(left, left + owners.shape[1])
        if begin is not None:
            mine &= (owners != first + 1) | (columns >= begin[top:bottom, None])
        if close is not None:
            mine &= (owners != behind) | (columns < close[top:bottom, None])
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
    cells, inked = cells_of(ink, step)
    labels = pieces_on(page, inked, step)
    boxes = boxes_of(labels)
    groups, tall = grouped(boxes)
    groups = groups if len(groups) <= MOST_PIECES else [list(range(len(boxes)))]
    wholes = [reduce(Box.joined, [boxes[one] for one in group]) for group in groups]
    number = np.zeros(len(boxes) + 1, dtype=np.int32)
    pieces = []
    for place in sorted(range(len(groups)), key=lambda group: wholes[group].left + wholes[group].right):
        pieces.append(wholes[place])
        number[np.array(groups[place]) + 1] = len(pieces)
    owners = number[labels]
    pen = pen_width(labels > 0)
    is_doubtful = are_lines(pieces, tall) or is_pointed(page.ink - ink, step, pieces, pen)
    skips = [skip_of(piece, tall) if len(pieces) > 1 else None for piece in pieces]
    return Line(
        page,
        ink,
        cells,
        np.where(owners > 0, owners, spread(owners, 1)),
        step,
        tall,
        pen,
        pieces,
        [Place(piece) for piece in range(len(pieces) + 1)],
        skips,
        is_doubtful,
    )
