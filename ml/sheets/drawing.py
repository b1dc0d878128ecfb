"""What is printed on the pages of a template, as shapes in millimetres: the PDF and the preview show the same ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reportlab.graphics.barcode.qrencoder import QRAlphaNum, QRCode, QRErrorCorrectLevel

from ml.sheets.fonts import BOLD, LINE_HEIGHT, PT_MM, REGULAR, FittedText, compose, fit_text, measure_mm
from ml.sheets.layout import FOOT_MM, MARGIN_MM, MARK_MM, MARK_QUIET_MM, TABLE_INSET_MM, Cell, Mark, PageLayout, Rect
from ml.sheets.template import ColumnKind, Template

MARK_MODULES = 6  # along a side: four of the pattern in a black border of one
# Rows of the markers 0 to 5 of OpenCV's dictionary 4X4_50, four bits each, 1 for white.
MARK_ROWS = ((11, 5, 3, 2), (0, 15, 9, 10), (3, 3, 2, 13), (9, 9, 4, 6), (5, 4, 9, 14), (7, 9, 12, 13))
BLACK, GREY, LIGHT = 0.0, 0.6, 0.9
TABLE_LINE_MM, CELL_LINE_MM, BOX_LINE_MM = 0.5, 0.25, 0.2
PADDING_MM = 1.0
TITLE_SIZES = (18.0, 16.0, 14.0, 12.0, 10.0, 8.0)
HEAD_SIZES = (9.0, 8.0, 7.0, 6.0, 5.0)
LABEL_SIZES = (10.0, 9.0, 8.0, 7.0, 6.0, 5.0)
SMALL_SIZES = (7.0, 6.0, 5.0)
CODE_TEXT_PT, ROW_NUMBER_PT = 5.0, 5.0
CODE_LINES = 2


class Area(NamedTuple):
    """A rectangle that is filled. `grey` is 0 for black."""

    rect: Rect
    grey: float


class Line(NamedTuple):
    """A line from one point to another."""

    x1: float
    y1: float
    x2: float
    y2: float
    width_mm: float
    grey: float


class Text(NamedTuple):
    """A line of text on its baseline. `anchor` is "start", "middle" or "end"."""

    x: float
    y: float
    text: str
    font: str
    size_pt: float
    anchor: str
    grey: float


Shape = Area | Line | Text


@dataclass(frozen=True)
class Words:
    """What stands on a page besides the template's own words, in the language of those who fill it in.

    Attributes:
        hints: below the names of the columns, what is written there; none, or one a column.
    """

    advice: str = "Write clearly, one digit in each box. Photograph the whole page, with its black marks."
    page: str = "Page {number} of {pages}"
    version: str = "Version 1"
    total: str = "Total"
    hints: tuple[str, ...] = ()


def draw_page(template: Template, layout: PageLayout, code: str, words: Words) -> Iterator[Shape]:
    """Yield what is printed on a page, from the back to the front."""
    yield from _draw_table(template, layout, words)
    for mark in layout.marks:
        yield from _draw_mark(mark)
    yield from _draw_code(layout.code, code)
    yield from _draw_title(template.title, layout.title, words.advice)
    yield from _draw_foot(layout, words)


def _draw_mark(mark: Mark) -> Iterator[Shape]:
    yield Area(mark.rect, BLACK)
    side = mark.rect.width / MARK_MODULES
    for row, bits in enumerate(MARK_ROWS[mark.id]):
        for column in range(4):
            if bits >> (3 - column) & 1:
                x, y = mark.rect.x + (column + 1) * side, mark.rect.y + (row + 1) * side
                yield Area(Rect(x, y, side, side), 1.0)


def _draw_code(rect: Rect, code: str) -> Iterator[Shape]:
    if not code:
        return
    modules = _encode(code)
    side = rect.width / len(modules)
    for row, dark in enumerate(modules):
        for start, length in _find_runs(dark):  # modules beside one another as one, so that no gap shows between them
            yield Area(Rect(rect.x + start * side, rect.y + row * side, length * side, side), BLACK)
    length = -(-len(code) // CODE_LINES)
    lines = tuple(code[start : start + length] for start in range(0, len(code), length))
    below = Rect(rect.x, rect.y + rect.height + 3 * side, rect.width, CODE_LINES * CODE_TEXT_PT * LINE_HEIGHT * PT_MM)
    yield from _draw_lines(FittedText(lines, CODE_TEXT_PT), REGULAR, below, "middle")


def _encode(code: str) -> Sequence[Sequence[bool]]:
    """Return the modules of a QR code, row by row; a quarter of them may be unreadable."""
    made = QRCode(None, QRErrorCorrectLevel.Q)
    made.addData(QRAlphaNum(code))
    made.make()
    return [[bool(one) for one in row] for row in made.modules]


def _find_runs(dark: Sequence[bool]) -> Iterator[tuple[int, int]]:
    start = 0
    for place, one in enumerate([*dark, False]):
        if one and (place == 0 or not dark[place - 1]):
            start = place
        if not one and place and dark[place - 1]:
            yield start, place - start


def _draw_title(title: str, rect: Rect, advice: str) -> Iterator[Shape]:
    fitted = fit_text(title, BOLD, rect.width, rect.height * 0.66, TITLE_SIZES)
    yield from _draw_lines(fitted, BOLD, rect._replace(height=_height(fitted)), "start")
    y = rect.y + _height(fitted) + PADDING_MM
    fitted = fit_text(advice, REGULAR, rect.width, rect.y + rect.height - y, SMALL_SIZES)
    yield from _draw_lines(fitted, REGULAR, Rect(rect.x, y, rect.width, _height(fitted)), "start")


def _draw_foot(layout: PageLayout, words: Words) -> Iterator[Shape]:
    start = MARGIN_MM + MARK_MM + 2 * MARK_QUIET_MM
    space = Rect(start, layout.height_mm - MARGIN_MM - MARK_MM / 2, layout.width_mm - 2 * start, MARK_MM / 2)
    for text, anchor in (
        (words.version, "start"),
        (words.page.format(number=layout.number, pages=layout.pages), "end"),
    ):
        yield from _draw_lines(
            fit_text(text, REGULAR, space.width / 2, space.height, SMALL_SIZES), REGULAR, space, anchor
        )


def _draw_table(template: Template, layout: PageLayout, words: Words) -> Iterator[Shape]:
    first, last = layout.cells[0].rect, layout.cells[-1].rect
    for cell in layout.cells:
        yield from _draw_cell(template, cell, words)
    for number, (column, head) in enumerate(zip(template.columns, layout.heads, strict=True)):
        hint = words.hints[number] if words.hints else ""
        yield from _draw_head(column.name, hint, head)
    head = layout.heads[0]
    x1, x2, y2 = first.x, last.x + last.width, last.y + last.height
    for place in (*(one.x for one in layout.heads), x2):
        yield Line(place, head.y, place, y2, TABLE_LINE_MM if place in (x1, x2) else CELL_LINE_MM, BLACK)
    for cell in layout.cells:
        if cell.column == 0 and cell.rect.y > first.y:
            is_total = cell.row == template.rows
            yield Line(x1, cell.rect.y, x2, cell.rect.y, TABLE_LINE_MM if is_total else CELL_LINE_MM, BLACK)
    for y in (head.y, first.y, y2):
        yield Line(x1, y, x2, y, TABLE_LINE_MM, BLACK)


def _draw_head(name: str, hint: str, rect: Rect) -> Iterator[Shape]:
    inner = Rect(rect.x + PADDING_MM, rect.y + PADDING_MM / 2, rect.width - 2 * PADDING_MM, rect.height - PADDING_MM)
    hint_mm = SMALL_SIZES[-1] * LINE_HEIGHT * PT_MM if hint else 0.0
    fitted = fit_text(name, BOLD, inner.width, inner.height - hint_mm, HEAD_SIZES)
    yield from _draw_lines(fitted, BOLD, inner._replace(height=inner.height - hint_mm), "middle")
    if hint:
        fitted = fit_text(hint, REGULAR, inner.width, hint_mm, (SMALL_SIZES[-1],))
        yield from _draw_lines(
            fitted, REGULAR, inner._replace(y=inner.y + inner.height - hint_mm, height=hint_mm), "middle"
        )


def _draw_cell(template: Template, cell: Cell, words: Words) -> Iterator[Shape]:
    column, rect = template.columns[cell.column], cell.rect
    is_total_row = cell.row == template.rows
    if column.kind is ColumnKind.LABEL:
        yield from _draw_label(_find_label(template, cell, words), rect, BOLD if is_total_row else REGULAR)
    elif is_total_row and not template.is_read(cell.row, cell.column):
        yield Area(rect, LIGHT)  # nothing belongs here
    elif cell.boxes:
        yield from _draw_boxes(cell.boxes)
    if cell.column == 0:
        yield from _draw_row_number(template, cell, words)


def _find_label(template: Template, cell: Cell, words: Words) -> str:
    if cell.row == template.rows:
        return words.total if cell.column == _find_first_label(template) else ""
    labels = template.columns[cell.column].labels
    return labels[cell.row] if cell.row < len(labels) else ""


def _find_first_label(template: Template) -> int | None:
    return next((place for place, one in enumerate(template.columns) if one.kind is ColumnKind.LABEL), None)


def _draw_label(label: str, rect: Rect, font: str) -> Iterator[Shape]:
    inner = Rect(rect.x + PADDING_MM, rect.y + PADDING_MM / 2, rect.width - 2 * PADDING_MM, rect.height - PADDING_MM)
    yield from _draw_lines(fit_text(label, font, inner.width, inner.height, LABEL_SIZES), font, inner, "start")


def _draw_boxes(boxes: Sequence[Rect]) -> Iterator[Shape]:
    first, last = boxes[0], boxes[-1]
    top, bottom, right = first.y, first.y + first.height, last.x + last.width
    for x in (*(box.x for box in boxes), right):
        yield Line(x, top, x, bottom, BOX_LINE_MM, GREY)
    for y in (top, bottom):
        yield Line(first.x, y, right, y, BOX_LINE_MM, GREY)


def _draw_row_number(template: Template, cell: Cell, words: Words) -> Iterator[Shape]:
    """Draw the number of a row to the left of it, clear of the mark in the middle of the side; "Total" has its place."""
    text = str(cell.row + 1)
    if cell.row == template.rows:
        text = words.total if _find_first_label(template) is None else ""
    width = TABLE_INSET_MM - MARK_QUIET_MM / 2 - PADDING_MM / 2
    if text and (cell.row < template.rows or measure_mm(text, REGULAR, ROW_NUMBER_PT) > width):
        width = width if cell.row < template.rows else MARK_MM
    place = Rect(cell.rect.x - PADDING_MM / 2 - width, cell.rect.y, width, cell.rect.height)
    yield from _draw_lines(fit_text(text, REGULAR, width, place.height, (5.0, 4.0, 3.5)), REGULAR, place, "end")


def _height(fitted: FittedText) -> float:
    return len(fitted.lines) * fitted.size_pt * LINE_HEIGHT * PT_MM


def _draw_lines(fitted: FittedText, font: str, rect: Rect, anchor: str) -> Iterator[Shape]:
    """Draw lines in the middle of the height of a rectangle."""
    x = {"start": rect.x, "middle": rect.x + rect.width / 2, "end": rect.x + rect.width}[anchor]
    step = fitted.size_pt * LINE_HEIGHT * PT_MM
    top = rect.y + (rect.height - len(fitted.lines) * step) / 2
    for number, line in enumerate(fitted.lines):
        baseline = top + number * step + fitted.size_pt * PT_MM * 0.95
        yield Text(x, baseline, compose(line), font, fitted.size_pt, anchor, BLACK)
