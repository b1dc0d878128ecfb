"""Tell underlines from the foot of a digit: they lie apart, below all other ink, and are about as long as that."""

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.filters import spread
from ml.preprocessing.form_borders import MARGIN
from ml.preprocessing.labels import find_components
from ml.preprocessing.line_bands import CellDrawing, set_band
from ml.preprocessing.straight_lines import StraightLine

UNDERLINED = 0.7  # of the writing's width is underlined at least
FLATTEST = 0.22  # height to width of a stroke that is an underline
NUMBER_ASPECT, NUMBER_GAP = 1.3, 0.02  # width to height of what must be several digits; the gap below, of the height
DIGIT_ASPECT, DIGIT_GAP = 1.2, 0.08  # height of one digit to its underline's length; the gap below, of the height
LAST_COMPONENTS = 3  # are looked at as underlines: components are counted from the top


def has_broad_foot(inked: NDArray[np.bool_]) -> bool:
    """Return whether one of the lower rows holds so much ink that it may be an underline."""
    foot = inked[inked.shape[0] * 2 // 3 :]
    return int(foot.sum(axis=1).max()) >= 0.5 * inked.shape[1]


def has_flat_foot(inked: NDArray[np.bool_]) -> bool:
    """Return whether a row is free of ink, but the ink below it, wider than high, may be an underline."""
    height = inked.shape[0]
    bare = np.flatnonzero(~inked.any(axis=1))
    foot = height - 1 - int(bare[-1]) if len(bare) else 0
    below = inked[height - foot :].any(axis=0)
    return foot > 0 and float(below.mean()) >= 0.5


def find_underlines(drawing: CellDrawing, removed: list[StraightLine]) -> list[StraightLine]:
    """Return level lines below all other ink, about as long as it is wide, that do not belong to a digit."""
    found: list[StraightLine] = []
    for line in drawing.lines:
        if line.is_upright or line in removed:
            continue
        rest = drawing.without([*removed, *found, line])
        box = _bounds(rest)
        if box and _lies_under(line, box) and _is_apart(line, rest):
            found.append(line)
    return found


def find_loose_underline(rest: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Return the cells of a stroke, straight or not, that lies under all other ink without touching it, if any."""
    found = find_components(rest)
    for number, own in list(enumerate(found.boxes, 1))[: -LAST_COMPONENTS - 1 : -1]:
        others = rest & (found.labels != number)
        box = _bounds(others)
        line = StraightLine((own.top + own.bottom) / 2, 0.0, own.left, own.right, own.height, is_upright=False)
        is_flat = own.height <= FLATTEST * own.width
        if box and is_flat and _is_set_apart(line, own.top, box) and _lies_under(line, box):
            return spread(found.labels == number, 1, np.logical_or) & ~others
    return None


def _is_set_apart(line: StraightLine, top: int, box: tuple[int, int, int, int]) -> bool:
    """Return whether a stroke is too far below other ink, and that is too high, to be the foot of the same digit."""
    high, wide = box[3] - box[1], box[2] - box[0]
    if wide >= NUMBER_ASPECT * high:
        return top - box[3] >= NUMBER_GAP * high
    return top - box[3] >= DIGIT_GAP * high and high >= DIGIT_ASPECT * line.length


def _bounds(inked: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of the ink, or None if there is none."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _lies_under(line: StraightLine, box: tuple[int, int, int, int]) -> bool:
    """Return whether a line lies below a box of other ink and is about as long as it is wide."""
    left, top, right, bottom = box
    covered = min(line.end, right) - max(line.start, left)
    is_below = line.middle((line.start + line.end) / 2) - line.thickness / 2 > bottom - 1 - 0.08 * (bottom - top)
    is_long = covered >= UNDERLINED * (right - left) and line.length >= 0.5 * min(bottom - top, right - left)
    return is_below and is_long and bottom - top >= max(2.5 * line.thickness, 8)


def _is_apart(line: StraightLine, rest: NDArray[np.bool_]) -> bool:
    """Return whether no other ink touches a line, or it overshoots on both sides at least two separate strokes."""
    band = np.zeros(rest.shape, dtype=bool)
    set_band(band, line, round(line.thickness / 2) + 2)
    if not (band & rest).any():
        return True
    columns = np.flatnonzero(rest.any(axis=0))
    margin = MARGIN * line.length
    is_wider = columns[0] - line.start >= margin and line.end - columns[-1] >= margin
    high = int(np.ptp(np.flatnonzero(rest.any(axis=1)))) + 1
    tall = sum(box.height > 0.5 * high for box in find_components(rest & ~band).boxes)
    return bool(is_wider) and tall >= 2
