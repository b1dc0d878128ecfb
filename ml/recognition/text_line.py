"""A page's ink in pieces from left to right, and which runs of neighbouring pieces may be one digit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import (
    Ink,
    Page,
    ink_bounds,
)
from ml.recognition.components import spread, without_specks
from ml.recognition.grouping import (
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
from ml.recognition.line_recognizer import Spelling
from ml.recognition.seams import find_cuts

CELLS_HIGH = 72  # pieces are told apart in cells, so many to the height of the ink
MOST_PIECES = 96
LOWEST = 0.5  # of the tallest pieces: what is lower says nothing of where the line lies


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
    is_doubtful: there are several lines, or a point beside the digits. spelling: where it was asked for.
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
    spelling: Spelling | None = None

    @cached_property
    def top(self) -> float:
        """Where most pieces begin."""
        return float(np.median([piece.top for piece in self._tall_pieces]))

    @cached_property
    def bottom(self) -> float:
        """Where most pieces end."""
        return float(np.median([piece.bottom for piece in self._tall_pieces]))

    @property
    def own_ink(self) -> Ink:
        """(h, w) in [0, 1]: the cells of all pieces."""
        return np.where(self.owners > 0, self.cells, np.float32(0))

    @property
    def _tall_pieces(self) -> list[Box]:
        return [piece for piece in self.pieces if piece.high >= LOWEST * self.tall] or self.pieces

    def is_cut(self, start: int, end: int) -> bool:
        return self.places[start].columns is not None or self.places[end].columns is not None

    def pieces_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the first piece between two places and the one behind the last."""
        return self.places[start].piece, self.places[end].piece + (self.places[end].columns is not None)

    def middle(self, place: int) -> float:
        columns, piece = self.places[place].columns, self.places[place].piece
        if columns is not None:
            return float(columns[self.pieces[piece].top : self.pieces[piece].bottom].mean())
        return self.pieces[piece].left if piece < len(self.pieces) else self.pieces[-1].right

    def part(self, start: int, end: int) -> tuple[Ink, int, int]:
        """Return the cells between two places, and the column and row of their corner."""
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

    def cut(self, spelling: Spelling) -> "tuple[Line, list[int]]":
        """Return the line as it is spelled, pieces of several digits cut, and the new number of each old place."""
        seen_in = [self._piece_at(column) for column in spelling.at]
        places: list[Place] = []
        numbers: list[int] = []
        skips: list[str | None] = []
        for number, box in enumerate(self.pieces):
            numbers.append(len(places))
            places.append(Place(number))
            at = [column - box.left for column, piece in zip(spelling.at, seen_in, strict=True) if piece == number]
            places += self._cuts(number, at) if len(at) > 1 else []
            is_cut = len(places) - 1 > numbers[-1]
            skips += ["part"] * (len(places) - len(skips)) if is_cut else [self.skips[number]]
        numbers.append(len(places))
        places.append(Place(len(self.pieces)))
        known = frozenset((numbers[start], numbers[end]) for start, end in combinations(range(len(numbers)), 2))
        return replace(self, places=places, skips=skips, known=known, spelling=spelling), numbers

    def _piece_at(self, column: float) -> int:
        """Return the piece in whose box a column is nearest to the middle: boxes overlap where digits stand close."""
        middles = [(piece.left + piece.right) / 2 for piece in self.pieces]
        off = [abs(column - middle) / piece.wide for middle, piece in zip(middles, self.pieces, strict=True)]
        return off.index(min(off))

    def _cuts(self, number: int, at: Sequence[float]) -> list[Place]:
        """Return the places at which a piece may be parted. at: the columns in it in which digits were seen."""
        box = self.pieces[number]
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        mine = np.where(self.owners[rows, columns] == number + 1, self.cells[rows, columns], np.float32(0))
        places = []
        for way in find_cuts(mine, self.tall, self.pen, at):
            on_page = np.zeros(len(self.cells), dtype=np.int64)
            on_page[rows] = way.columns + box.left
            places.append(Place(number, on_page, way.crossed / self.pen))
        return places


def find_line(page: Page) -> Line:
    """Return the pieces of a page's ink, left to right. Raises BlankDrawing."""
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
