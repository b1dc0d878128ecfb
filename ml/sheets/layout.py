"""Where everything of a template stands on paper: corner marks, code, heads and cells, in millimetres.

The PDF is drawn by it and the cells of a photograph are cut by it. Coordinates run right and down from the page's
upper left corner.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from ml.sheets.template import Paper, Template

LAYOUT_VERSION = 1  # part of the code on each page; bump when the same template would be drawn differently
SIZES_MM = {Paper.A4: (210.0, 297.0), Paper.LETTER: (215.9, 279.4)}
MARGIN_MM = 10.0  # around everything: printers need about 5
MARK_MM = 9.0  # the black square of a mark; MARK_QUIET_MM of white around it
MARK_QUIET_MM = 2.5
CODE_MM = 20.0
HEAD_MM = 30.0  # from the upper margin to the first line of the table: marks, title and code
TABLE_HEAD_MM = 9.0
FOOT_MM = 16.0  # from the last line of a full table to the lower margin: marks and page number
TABLE_INSET_MM = 4.0  # of the table from the margins left and right
BOX_PADDING_MM = 1.2  # between the lines of a cell and its boxes
LINE_MM, LINE_GREY = 0.3, 0.25  # of the table, 0 is black: dark, so that they are found on a dim photograph
BOX_LINE_MM, BOX_GREY = 0.2, 0.6  # lighter than ink, so that ink which crosses them is seen


class Rect(NamedTuple):
    """A rectangle in mm."""

    x: float
    y: float
    width: float
    height: float

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """The four corners, clockwise from the upper left."""
        right, bottom = self.x + self.width, self.y + self.height
        return (self.x, self.y), (right, self.y), (right, bottom), (self.x, bottom)


class Mark(NamedTuple):
    """A marker of OpenCV's dictionary 4X4_50, upright: its id and its black square."""

    id: int
    rect: Rect


class Line(NamedTuple):
    """A printed line, level or upright, between two points in mm."""

    x0: float
    y0: float
    x1: float
    y1: float
    width_mm: float
    grey: float


class Cell(NamedTuple):
    """A cell between its lines, and its boxes from left to right, none if it is open.

    Attributes:
        row: of the whole template, from 0; the row of totals is the last.
        column: from 0.
    """

    row: int
    column: int
    rect: Rect
    boxes: tuple[Rect, ...]


@dataclass(frozen=True)
class PageLayout:
    """One page of a template.

    Attributes:
        number: of the page, from 1.
        marks: those in the corners clockwise from the upper left, with the ids 0 to 3, then those in the middle of the
            left and right sides, 4 and 5.
        heads: of the columns.
        cells: row by row.
    """

    number: int
    pages: int
    width_mm: float
    height_mm: float
    marks: tuple[Mark, ...]
    title: Rect
    code: Rect
    heads: tuple[Rect, ...]
    cells: tuple[Cell, ...]


class Frame(NamedTuple):
    """What all pages of one size of paper share, whatever their template.

    Attributes:
        table: where cells may be.
    """

    width_mm: float
    height_mm: float
    marks: tuple[Mark, ...]
    code: Rect
    table: Rect


def frame_of(paper: Paper, is_landscape: bool) -> Frame:
    """Return the frame of one size of paper."""
    width, height = SIZES_MM[paper][:: -1 if is_landscape else 1]
    inset, top = MARGIN_MM + MARK_MM + TABLE_INSET_MM, MARGIN_MM + HEAD_MM  # marks stand beside the table
    return Frame(
        width,
        height,
        tuple(_place_marks(width, height)),
        Rect(width - MARGIN_MM - MARK_MM - 2 * MARK_QUIET_MM - CODE_MM, MARGIN_MM, CODE_MM, CODE_MM),
        Rect(inset, top, width - 2 * inset, height - MARGIN_MM - FOOT_MM - top),
    )


def lay_out(template: Template) -> tuple[PageLayout, ...]:
    """Return the pages of a template, at least one."""
    frame = frame_of(template.paper, template.is_landscape)
    table = frame.table
    rows_per_page = max(1, int((table.height - TABLE_HEAD_MM) / template.row_mm + 1e-9))
    pages = -(-template.all_rows // rows_per_page)
    title_x = MARGIN_MM + MARK_MM + 2 * MARK_QUIET_MM
    return tuple(
        PageLayout(
            number=page + 1,
            pages=pages,
            width_mm=frame.width_mm,
            height_mm=frame.height_mm,
            marks=frame.marks,
            title=Rect(title_x, MARGIN_MM, frame.code.x - 2 * MARK_QUIET_MM - title_x, CODE_MM),
            code=frame.code,
            heads=tuple(Rect(x, table.y, width, TABLE_HEAD_MM) for x, width in _columns(template, table)),
            cells=tuple(_place_cells(template, table, page * rows_per_page, rows_per_page)),
        )
        for page in range(pages)
    )


def list_lines(layout: PageLayout) -> Iterator[Line]:
    """Yield the lines of a page: those of the table, then those of the boxes."""
    rects = [*layout.heads, *(cell.rect for cell in layout.cells)]
    left, right = min(rect.x for rect in rects), max(rect.x + rect.width for rect in rects)
    top, bottom = min(rect.y for rect in rects), max(rect.y + rect.height for rect in rects)
    for y in sorted({round(y, 6) for rect in rects for y in (rect.y, rect.y + rect.height)}):
        yield Line(left, y, right, y, LINE_MM, LINE_GREY)
    for x in sorted({round(x, 6) for rect in rects for x in (rect.x, rect.x + rect.width)}):
        yield Line(x, top, x, bottom, LINE_MM, LINE_GREY)
    for cell in layout.cells:
        yield from _list_box_lines(cell.boxes)


def _list_box_lines(boxes: tuple[Rect, ...]) -> Iterator[Line]:
    if not boxes:
        return
    left, right = boxes[0].x, boxes[-1].x + boxes[-1].width
    top, bottom = boxes[0].y, boxes[0].y + boxes[0].height
    for y in (top, bottom):
        yield Line(left, y, right, y, BOX_LINE_MM, BOX_GREY)
    for x in (*(box.x for box in boxes), right):
        yield Line(x, top, x, bottom, BOX_LINE_MM, BOX_GREY)


def _place_marks(width: float, height: float) -> Iterator[Mark]:
    left, right = MARGIN_MM, width - MARGIN_MM - MARK_MM
    top, middle, bottom = MARGIN_MM, (height - MARK_MM) / 2, height - MARGIN_MM - MARK_MM
    places = [(left, top), (right, top), (right, bottom), (left, bottom), (left, middle), (right, middle)]
    yield from (Mark(number, Rect(x, y, MARK_MM, MARK_MM)) for number, (x, y) in enumerate(places))


def _columns(template: Template, table: Rect) -> list[tuple[float, float]]:
    """Return x and width of each column."""
    whole = sum(column.width for column in template.columns)
    widths = [table.width * column.width / whole for column in template.columns]
    return list(zip(accumulate(widths[:-1], initial=table.x), widths, strict=True))


def _place_cells(template: Template, table: Rect, first: int, count: int) -> Iterator[Cell]:
    columns = _columns(template, table)
    for row in range(first, min(first + count, template.all_rows)):
        y = table.y + TABLE_HEAD_MM + (row - first) * template.row_mm
        for number, (x, width) in enumerate(columns):
            rect = Rect(x, y, width, template.row_mm)
            boxes = template.columns[number].boxes if row < template.rows else 0  # a total may have more digits
            yield Cell(row, number, rect, _place_boxes(rect, boxes))


def _place_boxes(cell: Rect, count: int) -> tuple[Rect, ...]:
    if not count:
        return ()
    width, height = cell.width - 2 * BOX_PADDING_MM, cell.height - 2 * BOX_PADDING_MM
    side = width / count
    return tuple(
        Rect(cell.x + BOX_PADDING_MM + number * side, cell.y + BOX_PADDING_MM, side, height) for number in range(count)
    )
