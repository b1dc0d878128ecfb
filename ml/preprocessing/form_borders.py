"""Tell the borders and boxes of a form from straight strokes: they stand around the writing."""

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.labels import find_components
from ml.preprocessing.line_bands import CellDrawing, set_band
from ml.preprocessing.straight_lines import StraightLine

CORNER_CELLS = 3  # a line that ends so close to another, beside half its thickness, ends there
MARGIN = 0.08  # of a line's length: a border that runs into the picture's edge overshoots the writing by this
LEAST_WRITING = 0.25  # of a border's length, or of a box's height: lower ink is not what a box is drawn around
INNER = 0.1  # of a box's width and height: its corners do not count as writing in it
STRAIGHT_TILT = 0.03  # of a border beside writing that fills the picture


def find_borders(drawing: CellDrawing) -> list[StraightLine]:
    """Return the lines whose ends run into the edge or into one another, if they stand around other ink."""
    kept = drawing.lines
    while True:
        held = [line for line in kept if _is_anchored(line, kept, drawing.inked.shape)]
        if len(held) == len(kept):
            break
        kept = held
    if not kept:
        return []
    rest = drawing.without(kept)
    labels = find_components(rest).labels
    own = [line for line in kept if _runs_into_edge(line, drawing.inked.shape)]
    if own and not _writing_is_free(own, rest, labels, drawing):
        kept = [line for line in kept if line not in own]
        while True:
            held = [line for line in kept if _is_anchored(line, kept, (1 << 30, 1 << 30), is_in_picture=True)]
            if len(held) == len(kept):
                break
            kept = held
        rest = drawing.without(kept)
    inner = [line for line in kept if not _runs_into_edge(line, drawing.inked.shape)]
    if inner and not _holds_writing(inner, rest):
        kept = [line for line in kept if line not in inner]
    return kept


def _is_anchored(
    line: StraightLine, lines: list[StraightLine], shape: tuple[int, ...], is_in_picture: bool = False
) -> bool:
    """Return whether both ends of a line run into the picture's edge or into a line of the other direction."""
    others = [other for other in lines if other.is_upright != line.is_upright]
    for place, is_end in ((line.start, False), (line.end - 1, True)):
        if not is_in_picture and _reaches_edge(line, shape, is_end):
            continue
        row = line.middle(place)
        if not any(_meets(place, row, other) for other in others):
            return False
    return True


def _reaches_edge(line: StraightLine, shape: tuple[int, ...], is_end: bool) -> bool:
    return line.end >= (shape[0] if line.is_upright else shape[1]) if is_end else line.start <= 0


def _runs_into_edge(line: StraightLine, shape: tuple[int, ...]) -> bool:
    return _reaches_edge(line, shape, True) or _reaches_edge(line, shape, False)


def _meets(place: float, row: float, other: StraightLine) -> bool:
    """Return whether a line's end at `place`, `row` lies on another line, whose rows are this one's columns."""
    near = CORNER_CELLS + other.thickness / 2
    return abs(other.middle(row) - place) <= near and other.start - near <= row <= other.end + near


def _writing_is_free(
    lines: list[StraightLine], rest: NDArray[np.bool_], labels: NDArray[np.int32], drawing: CellDrawing
) -> bool:
    """Return whether lines that run into the picture's edge are borders: the writing stands free and is shorter.

    In a tight crop, where a one reaches from edge to edge, so does other ink.
    """
    touched = np.zeros(rest.shape, dtype=bool)
    for line in lines:
        set_band(touched, line, round(line.thickness / 2) + 2)
    at_lines = np.unique(labels[touched & rest])
    free = rest & ~np.isin(labels, at_lines)
    rows, columns = np.flatnonzero(free.any(axis=1)), np.flatnonzero(free.any(axis=0))
    if not len(rows):
        return False
    for line in lines:
        places = rows if line.is_upright else columns
        if line.is_upright and places[-1] - places[0] + 1 < LEAST_WRITING * line.length:
            return False
        if abs(line.slope) > STRAIGHT_TILT and not _is_full_length(line, rest.shape):
            return False
        all_places = np.flatnonzero(rest.any(axis=1) if line.is_upright else rest.any(axis=0))
        weights = rest.sum(axis=1) if line.is_upright else rest.sum(axis=0)
        cumulated = np.cumsum(weights) / weights.sum()
        first, last = np.searchsorted(cumulated, 0.01), np.searchsorted(cumulated, 0.99)
        margin = MARGIN * line.length
        if line.is_upright and not (
            first - line.start >= margin and line.end - last >= margin and len(all_places) < line.length
        ):
            return False
    return rows[-1] - rows[0] + 1 >= 6


def _is_full_length(line: StraightLine, shape: tuple[int, ...]) -> bool:
    return _reaches_edge(line, shape, True) and _reaches_edge(line, shape, False)


def _holds_writing(lines: list[StraightLine], rest: NDArray[np.bool_]) -> bool:
    """Return whether enough ink lies between a box's lines: a zero with corners holds none."""
    upright = [line for line in lines if line.is_upright]
    level = [line for line in lines if not line.is_upright]
    if len(upright) < 2 and len(level) < 2:
        return bool(rest.any())
    if not upright or not level:
        return False
    left, right = (round(end(line.middle((line.start + line.end) / 2) for line in upright)) for end in (min, max))
    top, bottom = (round(end(line.middle((line.start + line.end) / 2) for line in level)) for end in (min, max))
    aside, above = round(INNER * (right - left)), round(INNER * (bottom - top))
    inside = rest[max(top, 0) + above : bottom - above, max(left, 0) + aside : right - aside]
    rows = np.flatnonzero(inside.any(axis=1))
    return bool(len(rows)) and int(rows[-1] - rows[0]) + 1 >= LEAST_WRITING * (bottom - top)
