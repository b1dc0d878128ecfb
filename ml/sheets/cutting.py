"""Cut the cells of a page that was found on a photograph."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.cell_states import find_cell_state
from ml.sheets.layout import Cell, PageLayout, Rect, list_lines
from ml.sheets.light import find_darkness
from ml.sheets.pages import CellState, CutCell, CutPage, Quad
from ml.sheets.photographs.mesh import Mesh, fit_mesh
from ml.sheets.printed_lines import find_covered_lines, remove_lines
from ml.sheets.registration import FoundPage, fit_marks, to_grey
from ml.sheets.template import Template

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]

PX_PER_MM = 8.0  # of the picture
OVER_MM = 3.0  # how far the ink of a cell may reach over its lines
OVER_SHARE = 0.5  # of a digit's ink: connected ink of two cells with more of it in each is two digits that touch
FAINT_INK = 0.25  # of the page's full darkness: all ink has it
INK, FAIR_INK = 0.55, 0.4  # of the full darkness of the cell's own ink: what a stroke, and what a dot must have
OWN_PX = 120  # of ink beside the printed lines, that tell how dark the pen of a cell is: a digit has more
LEAST_INK = 0.1
LEAST_DARK_PX, LEAST_FAIR_PX, LEAST_CLEAR_PX = 5, 2, 6
PAST_LINE_MM = 0.3  # beyond a printed line begins the paper
DIGIT_MM = 4.5  # the height of a digit, where few are written
LEAST_DIGIT_MM = 1.2  # what is lower is a dot or a dash
FEW_DIGITS = 8
PADDING_PX = 6  # of paper around what is read


class Ink(NamedTuple):
    """The ink of a page.

    Attributes:
        darkness: without printed lines.
        labels: of connected ink, 0 where there is none.
        owners: of each label: the index of the cell that it belongs to, or -1 if it is not one cell's.
        digit_px: how high most digits are.
    """

    darkness: Values
    labels: NDArray[np.int32]
    owners: NDArray[np.int64]
    digit_px: float


def cut_page(pixels: Pixels, found: FoundPage, layout: PageLayout, template: Template) -> CutPage:
    """Return the upright page and all its cells, those that are not read too.

    Args:
        pixels: the photograph, (h, w) or (h, w, 3) uint8.
        found: the page on it, with at least three marks.
        layout: of the page that its code names.
        template: of the layout.
    """
    grey = to_grey(pixels)
    mesh = fit_mesh(grey, fit_marks(found.marks, {mark.id: mark for mark in layout.marks}), layout, found.marks)
    page = mesh.straighten(grey, layout.width_mm, layout.height_mm, PX_PER_MM)
    darkness = find_darkness(page, PX_PER_MM)
    clean = remove_lines(darkness, list_lines(layout), PX_PER_MM)
    covered = find_covered_lines(darkness, list_lines(layout), PX_PER_MM)
    cells = [
        cut._replace(is_covered=any(_overlap(line, place.rect) for line in covered))
        for cut, place in zip(cut_cells(clean, layout, _find_quads(mesh, layout), template), layout.cells, strict=True)
    ]
    return CutPage(to_pixels(darkness), cells)


def cut_cells(
    darkness: Values, layout: PageLayout, quads: Sequence[Quad], template: Template | None = None
) -> list[CutCell]:
    """Return the cells of a layout, each with its own ink.

    Args:
        darkness: of the straightened page without its lines, at PX_PER_MM.
        layout: of the page.
        quads: of its cells.
        template: of the layout; None if it is not known yet, so that any cell may be read.
    """
    ink = _find_ink(darkness, layout)
    return [
        _cut_cell(ink, number, cell, quad, template)
        for number, (cell, quad) in enumerate(zip(layout.cells, quads, strict=True))
    ]


def _find_ink(darkness: Values, layout: PageLayout) -> Ink:
    """Return what is written, and which cell each connected part of it belongs to."""
    places = np.full(darkness.shape, -1, dtype=np.int32)
    for number, cell in enumerate(layout.cells):
        places[_slices(cell.rect)] = number
    rows, columns = _slices(_grow(_frame(layout), OVER_MM))
    near = np.zeros(darkness.shape, dtype=bool)
    near[rows, columns] = True
    dark = darkness[places >= 0]
    dark = dark[dark > LEAST_INK]
    full = float(np.quantile(dark, 0.9)) if dark.size else 1.0
    is_ink = (darkness > max(LEAST_INK, FAINT_INK * full)) & near
    labels = np.asarray(cv2.connectedComponents(is_ink.astype(np.uint8), connectivity=8)[1], dtype=np.int32)
    beside = _find_paper(labels.shape, layout)
    full_there = _find_full_darkness(darkness, (labels > 0) & beside, full, layout)
    labels = _without_remains(labels, beside, darkness, full_there)
    return Ink(darkness, labels, _find_owners(labels, places, len(layout.cells)), _find_digit_height(labels))


def _find_digit_height(labels: NDArray[np.int32]) -> float:
    """Return how high, in px, most connected ink is that is no dot or dash."""
    stats = cv2.connectedComponentsWithStats((labels > 0).astype(np.uint8), connectivity=8)[2]
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    heights = heights[heights >= LEAST_DIGIT_MM * PX_PER_MM]
    return float(np.median(heights)) if len(heights) >= FEW_DIGITS else DIGIT_MM * PX_PER_MM


def _find_paper(shape: tuple[int, ...], layout: PageLayout) -> NDArray[np.bool_]:
    """Return where no line was printed."""
    beside = np.ones(shape, dtype=bool)
    for line in list_lines(layout):
        wide = line.width_mm / 2 + PAST_LINE_MM
        beside[
            _slices(Rect(line.x0 - wide, line.y0 - wide, line.x1 - line.x0 + 2 * wide, line.y1 - line.y0 + 2 * wide))
        ] = False
    return beside


def _find_full_darkness(darkness: Values, is_ink: NDArray[np.bool_], full: float, layout: PageLayout) -> Values:
    """Return the full darkness of each cell's pen: a pencil is fainter than the pens of the other cells."""
    found = np.full(darkness.shape, full, dtype=np.float32)
    for cell in layout.cells:
        where = _slices(cell.rect)
        own = darkness[where][is_ink[where]]
        if own.size >= OWN_PX:
            found[where] = min(full, float(np.quantile(own, 0.9)))
    return found


def _without_remains(
    labels: NDArray[np.int32], beside: NDArray[np.bool_], darkness: Values, full: Values
) -> NDArray[np.int32]:
    """Return labels without specks, and without what is left of the printed lines: faint, or nowhere beside them."""
    whole, clear, dark, fair = (
        np.bincount(labels[where], minlength=labels.max() + 1)
        for where in (labels > 0, beside, darkness > INK * full, darkness > FAIR_INK * full)
    )
    is_stroke = (dark >= LEAST_DARK_PX) & (clear >= LEAST_CLEAR_PX)
    is_dot = (clear == whole) & (fair >= LEAST_FAIR_PX) & (whole >= LEAST_CLEAR_PX)
    return np.where((is_stroke | is_dot)[labels], labels, 0)


def _find_owners(labels: NDArray[np.int32], places: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Return the cell that owns each label: where all of it is but what reaches over a line, less than half a digit."""
    at = (labels > 0) & (places >= 0)
    keys, sizes = np.unique(labels[at].astype(np.int64) * count + places[at], return_counts=True)
    parts, cells = np.divmod(keys, count)
    order = np.argsort(sizes, kind="stable")  # the largest part of each label is written last
    owners, most = np.full(labels.max() + 1, -1), np.zeros(labels.max() + 1)
    owners[parts[order]], most[parts[order]] = cells[order], sizes[order]
    whole = np.bincount(parts, weights=sizes, minlength=len(most))
    digit = float(np.median(whole[whole > LEAST_DARK_PX])) if (whole > LEAST_DARK_PX).any() else 0.0
    owners[whole - most > OVER_SHARE * digit] = -1
    return owners


def _cut_cell(ink: Ink, number: int, cell: Cell, quad: Quad, template: Template | None) -> CutCell:
    rows, columns = _slices(cell.rect)
    over = round(OVER_MM * PX_PER_MM)
    top, left = max(0, rows.start - over), max(0, columns.start - over)
    around = slice(top, rows.stop + over), slice(left, columns.stop + over)
    labels, darkness = ink.labels[around], ink.darkness[around]
    inside = np.zeros(labels.shape, dtype=bool)
    inside[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = True
    owners = ink.owners[labels]
    is_own = (labels > 0) & ((owners == number) | ((owners == -1) & inside))
    is_foreign = (labels > 0) & ~is_own
    kept = cv2.dilate(is_own.astype(np.uint8), np.ones((5, 5))) > 0
    gone = cv2.dilate(is_foreign.astype(np.uint8), np.ones((3, 3))) > 0
    own = np.where(kept & ~(gone & ~is_own), darkness, 0)
    ys, xs = np.nonzero(is_own | inside)
    pixels = to_pixels(own[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1])
    state = CellState.NOT_READ
    if template is None or template.is_read(cell.row, cell.column):
        state = find_cell_state(
            to_pixels(own[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]),
            ink.digit_px,
            may_be_short=_may_be_short(template, cell),
        )
    box = (float(columns.start), float(rows.start), float(columns.stop - columns.start), float(rows.stop - rows.start))
    padded = np.pad(pixels, PADDING_PX, constant_values=255)
    return CutCell(cell.row, cell.column, box, quad, padded, state)


def _may_be_short(template: Template | None, cell: Cell) -> bool:
    """Return whether a cell may hold one or two digits: an 11, a 4 or a 7 written small looks like ditto marks."""
    expects = template.expects_at(cell.row, cell.column) if template is not None else None
    return expects is None or any(expects.problem(text) is None for text in (*"0123456789", "11"))


def _find_quads(mesh: Mesh, layout: PageLayout) -> list[Quad]:
    corners = np.array([corner for cell in layout.cells for corner in cell.rect.corners])
    located = mesh.locate(corners).reshape(-1, 4, 2)
    return [tuple((float(x), float(y)) for x, y in four) for four in located]  # type: ignore[misc]


def _frame(layout: PageLayout) -> Rect:
    """Return what surrounds all cells."""
    first, last = layout.cells[0].rect, layout.cells[-1].rect
    return Rect(first.x, first.y, last.x + last.width - first.x, last.y + last.height - first.y)


def _grow(rect: Rect, by: float) -> Rect:
    return Rect(rect.x - by, rect.y - by, rect.width + 2 * by, rect.height + 2 * by)


def _overlap(line: Rect, cell: Rect) -> bool:
    """Return whether a part of a line is one of a cell's borders, or of its boxes."""
    return (
        line.x <= cell.x + cell.width + PAST_LINE_MM
        and line.x + line.width >= cell.x - PAST_LINE_MM
        and line.y <= cell.y + cell.height + PAST_LINE_MM
        and line.y + line.height >= cell.y - PAST_LINE_MM
    )


def _slices(rect: Rect) -> tuple[slice, slice]:
    left, top = round(rect.x * PX_PER_MM), round(rect.y * PX_PER_MM)
    return slice(top, round((rect.y + rect.height) * PX_PER_MM)), slice(left, round((rect.x + rect.width) * PX_PER_MM))


def to_pixels(darkness: Values) -> Pixels:
    """Return 255 where there is paper, and 0 where it is darkest."""
    return np.asarray(np.round(255 * (1 - darkness)), dtype=np.uint8)
