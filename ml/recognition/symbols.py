"""Find the ink of each symbol of a line, given the columns at which they were recognized."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import MIN_INK, BlankDrawing, Ink
from ml.preprocessing.labels import Box
from ml.recognition.components import DigitImage, crop_digit
from ml.recognition.text_line import TextLine

CUT_REACH = 0.35  # of the distance between two symbols: how far from its middle a cut may lie
CUT_PENALTY = 0.6  # pen widths of ink that a cut at the end of its reach may save


def crop_symbols(line: TextLine, columns: Sequence[float]) -> list[DigitImage]:
    """Return the crop of each symbol.

    Args:
        line: the line.
        columns: the middle of each symbol in the line's cells, left to right.
    """
    if not columns:
        return []
    if len(columns) == 1:
        return [_on_page(line, line.cells, 0, 0)]
    owners, boxes = _find_owners(line, list(columns))
    images = []
    for place, column in enumerate(columns):
        box = boxes[place]
        ink = np.where(owners[box.slices] == place, line.cells[box.slices], np.float32(0))
        has_ink = float(ink.max()) > MIN_INK
        images.append(_on_page(line, ink, box.left, box.top) if has_ink else _crop_around(line, column))
    return images


def _find_owners(line: TextLine, columns: list[float]) -> tuple[NDArray[np.int64], dict[int, Box]]:
    """Return (h, w): the symbol that each cell of ink belongs to, -1 for paper; and a box that holds each symbol."""
    inside: dict[int, list[int]] = {}
    for place, column in enumerate(columns):
        inside.setdefault(_component_at(line.components, column), []).append(place)
    of_component = np.full(len(line.components) + 1, -1, dtype=np.int64)
    boxes: dict[int, Box] = {}
    for number, box in enumerate(line.components):
        middle = (box.left + box.right) / 2
        places = inside.get(number) or [min(range(len(columns)), key=lambda place: abs(middle - columns[place]))]
        of_component[number + 1] = places[0]
        grown = Box(max(box.left - 1, 0), max(box.top - 1, 0), box.right + 1, box.bottom + 1)
        for place in places:
            boxes[place] = grown.union(boxes.get(place, grown))
    owners = of_component[line.labels]
    for number, places in inside.items():
        if len(places) > 1:
            own = line.labels == number + 1
            cuts = _cuts(line, own, [columns[place] for place in places])
            which = np.searchsorted(cuts, np.arange(own.shape[1]), side="right")
            owners[own] = np.array(places)[np.broadcast_to(which, own.shape)[own]]
    return owners, boxes


def _component_at(boxes: Sequence[Box], column: float) -> int:
    """Return the component that a symbol belongs to: the one around its column, the tallest of several."""
    around = [number for number, box in enumerate(boxes) if box.left - 1 <= column <= box.right + 1]
    if around:
        return max(around, key=lambda number: boxes[number].height)
    return int(np.argmin([min(abs(column - box.left), abs(column - box.right)) for box in boxes]))


def _cuts(line: TextLine, own: NDArray[np.bool_], columns: list[float]) -> list[int]:
    """Return the column of each cut between symbols of one component: where there is least ink, near the middle."""
    ink = np.where(own, line.cells, 0).sum(axis=0)
    cuts = []
    for left, right in pairwise(columns):
        middle, reach = (left + right) / 2, max(CUT_REACH * (right - left), 1)
        places = np.arange(max(int(middle - reach), 0), min(int(middle + reach) + 2, len(ink)))
        cost = ink[places] + CUT_PENALTY * line.pen_width * np.abs(places - middle) / reach
        cuts.append(int(places[cost.argmin()]) if len(places) else int(middle))
    return cuts


def _crop_around(line: TextLine, column: float) -> DigitImage:
    """Return the crop of the line's ink around a column."""
    reach = max(int(line.digit_height / 3), 1)
    left = min(max(int(column) - reach, 0), max(line.cells.shape[1] - 2 * reach, 0))
    try:
        return _on_page(line, line.cells[:, left : left + 2 * reach + 1], left, 0)
    except BlankDrawing:
        return _on_page(line, line.cells, 0, 0)


def _on_page(line: TextLine, cells: Ink, left: int, top: int) -> DigitImage:
    """Return a crop of the line's cells with its box in the sender's units."""
    found = crop_digit(line.page, cells, left, top)
    x, y, width, height = found.box
    if line.step == 1:
        return found
    offset_x, offset_y = line.page.offset
    scale = line.step
    box = ((x - offset_x) * scale + offset_x, (y - offset_y) * scale + offset_y, width * scale, height * scale)
    return DigitImage(found.input, box)
