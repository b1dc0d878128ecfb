"""What is printed on the pages of a template, as shapes: the PDF and the preview are made of the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass

from ml.sheets.layout import MARGIN_MM, MARK_MM, MARK_QUIET_MM, TABLE_INSET_MM, Cell, PageLayout, Rect, list_lines
from ml.sheets.printing.fonts import BOLD, LINE_HEIGHT, PT_MM, REGULAR, FittedText, fit_text, measure_mm
from ml.sheets.printing.primitives import Area, Primitive, Text
from ml.sheets.printing.symbols import draw_code, draw_mark
from ml.sheets.template import ColumnKind, Template

LIGHT = 0.9  # the grey of cells where nothing belongs
PADDING_MM = 1.0
BASELINE = 0.95  # of the size below the top of a line
TITLE_SIZES, TITLE_HEIGHT = (18.0, 16.0, 14.0, 12.0, 10.0, 8.0), 0.66
HEAD_SIZES = (9.0, 8.0, 7.0, 6.0, 5.0)
LABEL_SIZES = (10.0, 9.0, 8.0, 7.0, 6.0, 5.0)
SMALL_SIZES = (7.0, 6.0, 5.0)
NUMBER_SIZES = (5.0, 4.0, 3.5)
NUMBER_MM = TABLE_INSET_MM - MARK_QUIET_MM / 2  # beside the mark in the middle of the side, clear of it
HINT_PT, CODE_TEXT_PT = 5.0, 5.0
CODE_LINES, CODE_QUIET_MM = 2, 3.2  # the white below a QR code: four of its modules


@dataclass(frozen=True)
class Words:
    """What stands on a page besides the template's own words, in the language of those who fill it in.

    Attributes:
        page: with {number} and {pages}.
        version: which one it is, for people.
        hints: below the names of the columns, what is written there; none, or one a column.
    """

    advice: str = "Write clearly, one digit in each box. Photograph the whole page with its black marks."
    page: str = "Page {number} of {pages}"
    version: str = ""
    total: str = "Total"
    hints: tuple[str, ...] = ()


def draw_page(template: Template, layout: PageLayout, code: str, words: Words) -> Iterator[Primitive]:
    """Yield what is printed on a page, from the back to the front."""
    for cell in layout.cells:
        yield from _draw_cell(template, cell, words)
    for number, (column, rect) in enumerate(zip(template.columns, layout.heads, strict=True)):
        yield from _draw_head(column.name, words.hints[number] if words.hints else "", rect)
    yield from list_lines(layout)
    for mark in layout.marks:
        yield from draw_mark(mark)
    if code:
        yield from draw_code(layout.code, code)
        yield from _draw_code_text(layout.code, code)
    yield from _draw_title(template.title, layout.title, words.advice)
    yield from _draw_foot(layout, words)


def _draw_code_text(rect: Rect, code: str) -> Iterator[Text]:
    length = -(-len(code) // CODE_LINES)
    fitted = FittedText(tuple(code[start : start + length] for start in range(0, len(code), length)), CODE_TEXT_PT)
    below = Rect(rect.x, rect.y + rect.height + CODE_QUIET_MM, rect.width, _measure_height(fitted))
    yield from _draw_lines(fitted, REGULAR, below, "middle")


def _draw_title(title: str, rect: Rect, advice: str) -> Iterator[Text]:
    fitted = fit_text(title, BOLD, rect.width, rect.height * TITLE_HEIGHT, TITLE_SIZES)
    height = _measure_height(fitted)
    yield from _draw_lines(fitted, BOLD, rect._replace(height=height), "start")
    below = Rect(rect.x, rect.y + height + PADDING_MM, rect.width, rect.height - height - PADDING_MM)
    fitted = fit_text(advice, REGULAR, below.width, below.height, SMALL_SIZES)
    yield from _draw_lines(fitted, REGULAR, below._replace(height=_measure_height(fitted)), "start")


def _draw_foot(layout: PageLayout, words: Words) -> Iterator[Text]:
    x = MARGIN_MM + MARK_MM + 2 * MARK_QUIET_MM
    place = Rect(x, layout.height_mm - MARGIN_MM - MARK_MM / 2, layout.width_mm - 2 * x, MARK_MM / 2)
    page = words.page.format(number=layout.number, pages=layout.pages)
    for text, anchor in ((words.version, "start"), (page, "end")):
        yield from _draw_lines(
            fit_text(text, REGULAR, place.width / 2, place.height, SMALL_SIZES), REGULAR, place, anchor
        )


def _draw_head(name: str, hint: str, rect: Rect) -> Iterator[Text]:
    inner = _shrink(rect)
    hint_mm = HINT_PT * LINE_HEIGHT * PT_MM if hint else 0.0
    above = inner._replace(height=inner.height - hint_mm)
    yield from _draw_lines(fit_text(name, BOLD, above.width, above.height, HEAD_SIZES), BOLD, above, "middle")
    if hint:
        below = inner._replace(y=above.y + above.height, height=hint_mm)
        fitted = fit_text(hint, REGULAR, below.width, below.height, (HINT_PT, *NUMBER_SIZES[1:]))
        yield from _draw_lines(fitted, REGULAR, below, "middle")


def _draw_cell(template: Template, cell: Cell, words: Words) -> Iterator[Primitive]:
    """Draw what a cell has in it besides its boxes, and left of the first cell the number of its row."""
    is_total_row = cell.row == template.rows
    label = _find_label(template, cell, words)
    if label:
        font, inner = BOLD if is_total_row else REGULAR, _shrink(cell.rect)
        yield from _draw_lines(fit_text(label, font, inner.width, inner.height, LABEL_SIZES), font, inner, "start")
    elif is_total_row and not template.is_read(cell.row, cell.column):
        yield Area(cell.rect, LIGHT)
    if cell.column == 0:
        yield from _draw_row_number(template, cell, words)


def _find_label(template: Template, cell: Cell, words: Words) -> str:
    if cell.row == template.rows:
        return words.total if cell.column == _find_first_label(template) else ""
    labels = template.columns[cell.column].labels
    return labels[cell.row] if cell.row < len(labels) else ""


def _find_first_label(template: Template) -> int | None:
    kinds = [column.kind for column in template.columns]
    return kinds.index(ColumnKind.LABEL) if ColumnKind.LABEL in kinds else None


def _draw_row_number(template: Template, cell: Cell, words: Words) -> Iterator[Text]:
    text = str(cell.row + 1)
    if cell.row == template.rows:
        text = "" if _find_first_label(template) is not None else words.total
    width = (
        max(NUMBER_MM, min(measure_mm(text, REGULAR, NUMBER_SIZES[0]), MARK_MM)) if not text.isdigit() else NUMBER_MM
    )
    place = Rect(cell.rect.x - PADDING_MM / 2 - width, cell.rect.y, width, cell.rect.height)
    yield from _draw_lines(fit_text(text, REGULAR, width, place.height, NUMBER_SIZES), REGULAR, place, "end")


def _shrink(rect: Rect) -> Rect:
    return Rect(rect.x + PADDING_MM, rect.y + PADDING_MM / 2, rect.width - 2 * PADDING_MM, rect.height - PADDING_MM)


def _measure_height(fitted: FittedText) -> float:
    return len(fitted.lines) * fitted.size_pt * LINE_HEIGHT * PT_MM


def _draw_lines(fitted: FittedText, font: str, rect: Rect, anchor: str) -> Iterator[Text]:
    """Draw lines in the middle of the height of a rectangle."""
    x = {"start": rect.x, "middle": rect.x + rect.width / 2, "end": rect.x + rect.width}[anchor]
    step = fitted.size_pt * LINE_HEIGHT * PT_MM
    top = rect.y + (rect.height - _measure_height(fitted)) / 2 + fitted.size_pt * BASELINE * PT_MM
    for number, line in enumerate(fitted.lines):
        width = measure_mm(line, font, fitted.size_pt)
        yield Text(x, top + number * step, line, font, fitted.size_pt, anchor, width)
