"""Remove the borders, boxes, combs and underlines of forms, and keep the ink of digits that cross them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.filters import max_pool, spread
from ml.preprocessing.labels import find_components
from ml.preprocessing.straight_lines import StraightLine, find_straight_lines

SIDE_CELLS = 200  # lines are found at this size
LEAST_SIDE_PX = 48  # a smaller picture holds a digit alone, whose strokes are as straight as lines
OF_FULL = 0.3  # of the ink's contrast: fainter lines are left to `remove_ruled_lines`
MIN_LEVEL = 16  # of 255
LEAST_HEIGHT, LEAST_WIDTH = 0.6, 0.35  # of the ink's extent: shorter lines are not looked for ...
LEAST_ASPECT = 0.5  # ... but a box may be so narrow, its width to its height
CORNER_CELLS = 3  # a line that ends so close to another, beside half its thickness, ends there
MARGIN = 0.08  # of a line's length: a border that runs into the picture's edge overshoots the writing by this
LEAST_WRITING = 0.25  # of a border's length, or of a box's height: lower ink is not what a box is drawn around
INNER = 0.1  # of a box's width and height: its corners do not count as writing in it
UNDERLINED = 0.7  # of the writing's width is underlined at least
FLATTEST = 0.22  # height to width of a stroke that is an underline
NUMBER_ASPECT, NUMBER_GAP = 1.3, 0.02  # width to height of what must be several digits; the gap below, of the height
DIGIT_ASPECT, DIGIT_GAP = 1.2, 0.08  # height of one digit to its underline's length; the gap below, of the height
LAST_COMPONENTS = 3  # are looked at as underlines: components are counted from the top
STRAIGHT_TILT = 0.03  # of a border beside writing that fills the picture


@dataclass(frozen=True)
class _Drawing:
    """The ink in cells, and the lines found in it."""

    inked: NDArray[np.bool_]
    lines: list[StraightLine]

    def without(self, lines: list[StraightLine]) -> NDArray[np.bool_]:
        """Return the ink without the bands of some lines."""
        rest = self.inked.copy()
        for line in lines:
            _clear_band(rest, line)
        return rest


def remove_form_lines(contrast: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return contrast, (h, w), 0 to 255, without the lines of a form; the same array if there are none.

    A line goes only if other ink shows that it is none: both its ends run into the picture's edge or into other such
    lines, around the writing; or it lies below all of it. A plain stroke never goes, however straight.
    """
    if max(contrast.shape) < LEAST_SIDE_PX:
        return contrast
    step = -(-max(contrast.shape) // SIDE_CELLS)
    cells = max_pool(contrast, step)
    peak = int(cells.max(initial=0))
    level = max(MIN_LEVEL, OF_FULL * peak)
    inked = cells > level
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if len(rows) < 8 or len(columns) < 8:
        return contrast
    high, wide = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    upright_lines = find_straight_lines(inked, LEAST_HEIGHT * high, is_upright=True)
    least_width = LEAST_WIDTH * wide
    if len(upright_lines) > 1:  # boxes side by side
        least_width = min(least_width, LEAST_ASPECT * max(line.length for line in upright_lines))
    ink = inked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    runs_across = columns[0] == 0 and columns[-1] == inked.shape[1] - 1
    is_plain = not (len(upright_lines) > 1 or runs_across or _has_broad_foot(ink))
    level_lines = [] if is_plain else find_straight_lines(inked, least_width, is_upright=False)
    runs_down = rows[0] == 0 and rows[-1] == len(inked) - 1
    if not (level_lines or (upright_lines and runs_down) or _has_flat_foot(ink)):
        return contrast
    drawing = _Drawing(inked, level_lines + upright_lines)
    removed = _borders_and_boxes(drawing)
    removed += _underlines(drawing, removed)
    underline = _loose_underline(drawing.without(removed))
    if not removed and underline is None:
        return contrast
    cleaned = contrast.copy()
    if underline is not None:
        cleaned[underline.repeat(step, axis=0).repeat(step, axis=1)[: len(contrast), : contrast.shape[1]]] = 0
    for line in removed:
        others = [other for other in removed if other is not line]
        _erase(cleaned, np.where(_bands(others, contrast.shape, step), 0, contrast), line, step, int(level))
    return cleaned


def _has_broad_foot(inked: NDArray[np.bool_]) -> bool:
    """Return whether one of the lower rows holds so much ink that it may be an underline."""
    foot = inked[inked.shape[0] * 2 // 3 :]
    return int(foot.sum(axis=1).max()) >= 0.5 * inked.shape[1]


def _has_flat_foot(inked: NDArray[np.bool_]) -> bool:
    """Return whether a row is free of ink, but the ink below it, wider than high, may be an underline."""
    height = inked.shape[0]
    bare = np.flatnonzero(~inked.any(axis=1))
    foot = height - 1 - int(bare[-1]) if len(bare) else 0
    below = inked[height - foot :].any(axis=0)
    return foot > 0 and float(below.mean()) >= 0.5


def _borders_and_boxes(drawing: _Drawing) -> list[StraightLine]:
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
    lines: list[StraightLine], rest: NDArray[np.bool_], labels: NDArray[np.int32], drawing: _Drawing
) -> bool:
    """Return whether lines that run into the picture's edge are borders: the writing stands free and is shorter.

    In a tight crop, where a one reaches from edge to edge, so does other ink.
    """
    touched = np.zeros(rest.shape, dtype=bool)
    for line in lines:
        _set_band(touched, line, round(line.thickness / 2) + 2)
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


def _underlines(drawing: _Drawing, removed: list[StraightLine]) -> list[StraightLine]:
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


def _loose_underline(rest: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
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
    _set_band(band, line, round(line.thickness / 2) + 2)
    if not (band & rest).any():
        return True
    columns = np.flatnonzero(rest.any(axis=0))
    margin = MARGIN * line.length
    is_wider = columns[0] - line.start >= margin and line.end - columns[-1] >= margin
    high = int(np.ptp(np.flatnonzero(rest.any(axis=1)))) + 1
    tall = sum(box.height > 0.5 * high for box in find_components(rest & ~band).boxes)
    return bool(is_wider) and tall >= 2


def _clear_band(inked: NDArray[np.bool_], line: StraightLine) -> None:
    """Clear a line's cells, with a cell to spare on both sides."""
    band = np.zeros(inked.shape, dtype=bool)
    _set_band(band, line, round(line.thickness / 2) + 1)
    inked &= ~band


def _set_band(band: NDArray[np.bool_], line: StraightLine, reach: int) -> None:
    """Set all cells within `reach` of a line's middle."""
    cells = band.T if line.is_upright else band
    columns = np.arange(max(line.start - 1, 0), min(line.end + 1, cells.shape[1]))
    middle = np.round(line.at + line.slope * columns).astype(int)
    for by in range(-reach, reach + 1):
        rows = middle + by
        inside = (rows >= 0) & (rows < len(cells))
        cells[rows[inside], columns[inside]] = True


def _erase(cleaned: NDArray[np.uint8], contrast: NDArray[np.uint8], line: StraightLine, step: int, level: int) -> None:
    """Set a line's pixels to 0, except where ink lies on both sides: there a digit crosses it."""
    source = contrast.T if line.is_upright else contrast
    target = cleaned.T if line.is_upright else cleaned
    height, width = source.shape
    more = int(np.ceil(line.thickness)) + 1  # the corner with another line
    columns = np.arange(max((line.start - more) * step, 0), min((line.end + more) * step, width))
    middle = (line.at + 0.5) * step + line.slope * columns - 0.5
    reach = int(np.ceil((line.thickness / 2 + 0.5) * step)) + 1
    rows = np.round(middle).astype(int)[None] + np.arange(-reach, reach + 1)[:, None]
    inside = (rows >= 0) & (rows < height)
    rows_held = np.clip(rows, 0, height - 1)
    beyond = [np.clip(np.round(middle).astype(int) + side * (reach + 1), 0, height - 1) for side in (-1, 1)]
    both = [spread((source[row, columns] > level)[None], max(1, reach), np.logical_or)[0] for row in beyond]
    is_edge = (np.round(middle) - reach - 1 < 0) | (np.round(middle) + reach + 1 >= height)
    crossing = both[0] & both[1] & ~is_edge
    erased = inside & ~crossing[None]
    where = np.broadcast_to(columns[None], rows.shape)
    target[rows_held[erased], where[erased]] = 0


def _bands(lines: list[StraightLine], shape: tuple[int, ...], step: int) -> NDArray[np.bool_]:
    """Return which pixels lie on some lines."""
    cells = np.zeros((-(-shape[0] // step), -(-shape[1] // step)), dtype=bool)
    for line in lines:
        _set_band(cells, line, round(line.thickness / 2) + 1)
    return cells.repeat(step, axis=0).repeat(step, axis=1)[: shape[0], : shape[1]]
