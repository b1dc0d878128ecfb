"""What lies between two places of a line and may be one digit."""

from dataclasses import dataclass
from functools import partial, reduce
from itertools import takewhile

import numpy as np
from PIL import Image, ImageFilter

from ml.preprocessing.ink import (
    BOX_SIDE,
    THINNEST_STROKE,
    WORKING_SIDE,
    BlankDrawing,
    Ink,
    centre_on_mass,
    fit_inside,
    ink_bounds,
    padded,
)
from ml.recognition.components import Candidate, candidate_of
from ml.recognition.grouping import Box
from ml.recognition.text_line import Line
from ml.types import SIDE

RUN = 4  # a digit is in so many neighbouring pieces at most
# in heights of the line:
WIDEST, BROADEST = 1.7, 1.3  # of several pieces: from the first to what follows; their box, by its height
WIDEST_GAP = 0.3
TALL, BROAD = 0.7, 0.42  # two pieces so tall and broad, ink between them, are two digits
NEAR = 0.1  # a digit may have been seen so far beyond the places that it lies between


@dataclass(frozen=True)
class Edge:
    """What may be one digit, from place to place. gaps: between its pieces, in heights of the line."""

    start: int
    end: int
    candidate: Candidate
    box: Box
    gaps: float


def edges_of(line: Line) -> list[Edge]:
    """Return what may be a digit and is not known yet."""
    last = len(line.places) - 1
    runs = {(0, last)} if last else set()
    for start in range(last):
        runs |= {(start, end) for end in takewhile(partial(_may_reach, line, start), range(start + 1, last + 1))}
    return [edge for start, end in sorted(runs - line.known) if (edge := _edge(line, start, end))]


def _may_reach(line: Line, start: int, end: int) -> bool:
    """Return whether a digit may go from one place to another at all, or beyond."""
    first, behind = line.pieces_of(start, end)
    one, other = line.middle(start), line.middle(end)
    if line.is_cut(start, end) and line.spelling:
        near = NEAR * line.tall
        return sum(one + near < column < other - near for column in line.spelling.at) <= 1
    if behind - first == 1:
        return True
    if behind - first > RUN or any(_is_split(line, place) for place in range(first + 1, behind)):
        return False
    return other - one <= WIDEST * line.tall


def _is_split(line: Line, place: int) -> bool:
    """Return whether no digit reaches over the paper before this piece."""
    one, other = line.pieces[place - 1], line.pieces[place]
    gap = other.left - one.right
    are_digits = all(side.high >= TALL * line.tall and side.wide >= BROAD * line.tall for side in (one, other))
    return gap > WIDEST_GAP * line.tall or (are_digits and -gap < 0.6 * min(one.wide, other.wide))


def _edge(line: Line, start: int, end: int) -> Edge | None:
    """Return the edge; None if there is no ink, or several pieces broader than a digit."""
    first, behind = line.pieces_of(start, end)
    if (start, end) == (0, len(line.places) - 1):
        box = reduce(Box.joined, line.pieces)
        is_broad = behind > 1 and _is_broad(line, box)
        return None if is_broad else _placed(line, start, end, candidate_of(line.page, line.ink), box)
    part, left, top = line.part(start, end)
    try:
        x0, y0, x1, y1 = ink_bounds(part)
    except BlankDrawing:
        return None
    box = Box(left + x0, top + y0, left + x1, top + y1)
    if behind - first > 1 and not line.is_cut(start, end) and _is_broad(line, box):
        return None
    return _placed(line, start, end, _rough(line, part[y0:y1, x0:x1], box), box)


def _is_broad(line: Line, box: Box) -> bool:
    return box.wide > BROADEST * max(box.high, 0.5 * line.tall)


def _placed(line: Line, start: int, end: int, candidate: Candidate, box: Box) -> Edge:
    first, behind = line.pieces_of(start, end)
    inner = zip(line.pieces[first : behind - 1], line.pieces[first + 1 : behind], strict=True)
    gaps = sum(max(0, other.left - one.right) for one, other in inner)
    return Edge(start, end, candidate, box, gaps / line.tall)


def _rough(line: Line, part: Ink, box: Box) -> Candidate:
    """Return what is cut out as a candidate, from cells: as good once it is 20 px high, and cheap."""
    growth = round((THINNEST_STROKE * max(part.shape) / WORKING_SIDE - line.pen) / 2)
    if growth > 0:
        framed = Image.fromarray(padded((part * 255).astype(np.uint8), growth, growth))
        part = np.asarray(framed.filter(ImageFilter.MaxFilter(2 * growth + 1)), dtype=np.float32) / 255
    seen = np.round(centre_on_mass(fit_inside(part, side=BOX_SIDE), side=SIDE) * 255) / np.float32(255)
    sides = (box.left * line.step, box.top * line.step, box.right * line.step, box.bottom * line.step)
    return Candidate(seen.astype(np.float32), line.page.box_of(*sides))
