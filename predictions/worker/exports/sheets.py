"""The workbook of a sheet: its values, what they lack, its totals, and each cell with its picture and who confirmed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from tempfile import TemporaryDirectory
from typing import Any

from django.utils import translation
from PIL import Image

from ml.png import encode_png
from predictions.models import Export, SheetCell
from predictions.services.sheets.export import find_images, find_names, typed_rows
from predictions.services.sheets.progress import list_failed_pages, list_missing_pages
from predictions.services.sheets.sums import check_table
from predictions.services.sheets.tables import Table, TableCell, load_table
from predictions.services.sheets.values import Value
from predictions.worker.exports.chunks import ChunkWriter
from predictions.worker.exports.tables import TIME_FORMAT

TABLE, MISSING, TOTALS, CELLS = "Table", "Missing", "Totals", "Cells"
CELL_TITLES = (
    *("page", "row", "column", "name", "value", "read", "confidence", "state", "source"),
    *("confirmed_by", "confirmed_at", "picture"),
)
TOTAL_TITLES = ("copy", "row", "column", "name", "written", "computed", "adds_up")
MISSING_TITLES = ("page", "page of the template", "why")
NOT_SENT = "It is on no photograph. Add it if it was filled in."
CELLS_AT_ONCE = 200  # whose pictures are loaded together
ROW_PX, PICTURE_WIDTH_PX = 36, 160  # into which a picture is fitted
WIDTH = 14  # of a column, in characters


def write_sheet(export: Export, file: ChunkWriter) -> None:
    """Write the workbook of a sheet as it is now. No text in it becomes a formula or a link."""
    from xlsxwriter import Workbook

    assert export.sheet is not None  # noqa: S101 (`request_sheet` saw to it)
    table = load_table(export.sheet, with_alternatives=False)
    with TemporaryDirectory() as folder:  # which also removes what an interrupted workbook leaves
        book = Workbook(file, {"constant_memory": True, "tmpdir": folder})  # which only writes to it
        formats = Formats(book)
        _write_values(_add_page(book, TABLE, [column.name for column in table.columns]), table, formats)
        if missing := _list_missing(table):
            _write_missing(_add_page(book, MISSING, MISSING_TITLES), missing, formats)
        if table.template and table.template.sums:
            _write_totals(_add_page(book, TOTALS, TOTAL_TITLES), table, formats)
        _write_cells(_add_page(book, CELLS, CELL_TITLES), table, formats, file)
        book.close()


class Formats:
    """The formats of a workbook's cells."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._numbers: dict[int, Any] = {}
        self.date = book.add_format({"num_format": "yyyy-mm-dd"})
        self.time = book.add_format({"num_format": "hh:mm"})
        self.at = book.add_format({"num_format": TIME_FORMAT})
        self.share = book.add_format({"num_format": "0.0%"})

    def number(self, value: Decimal) -> Any:
        """Return the format with as many decimals as were written."""
        exponent = value.as_tuple().exponent
        decimals = max(0, -exponent) if isinstance(exponent, int) else 0
        if decimals not in self._numbers:
            self._numbers[decimals] = self._book.add_format({"num_format": f"0.{'0' * decimals}".rstrip(".")})
        return self._numbers[decimals]


def _add_page(book: Any, name: str, titles: Sequence[str]) -> Any:
    """Add a page with titles that stay in view."""
    page = book.add_worksheet(name)
    page.freeze_panes(1, 0)
    page.set_column(0, max(0, len(titles) - 1), WIDTH)
    for column, title in enumerate(titles):
        page.write_string(0, column, title)
    return page


def _write_values(page: Any, table: Table, formats: Formats) -> None:
    for line, row in enumerate(typed_rows(table), start=1):
        for column, value in enumerate(row):
            _write(page, line, column, value, formats)


def _list_missing(table: Table) -> list[tuple[Value, Value, Value]]:
    """Return what the table lacks: pages that can't be read, and pages of the template that were not sent."""
    with translation.override("en"):  # as all that is in a workbook
        failed = [(Decimal(page.number), None, page.failure_text) for page in list_failed_pages(table.pages)]
    return [*failed, *((None, Decimal(page), NOT_SENT) for page in list_missing_pages(table.sheet, table.pages))]


def _write_missing(page: Any, missing: Sequence[tuple[Value, Value, Value]], formats: Formats) -> None:
    for line, values in enumerate(missing, start=1):
        for column, value in enumerate(values):
            _write(page, line, column, value, formats)


def _write_totals(page: Any, table: Table, formats: Formats) -> None:
    for line, (copy, check) in enumerate(check_table(table), start=1):
        place = [Decimal(copy + 1), Decimal(check.row + 1), Decimal(check.column + 1)]
        values: Iterable[Value] = [*place, table.columns[check.column].name, check.written, check.computed]
        for column, value in enumerate(values):
            _write(page, line, column, value, formats)
        if check.adds_up is not None:
            page.write_boolean(line, len(TOTAL_TITLES) - 1, check.adds_up)


def _write_cells(page: Any, table: Table, formats: Formats, file: ChunkWriter) -> None:
    """Write a line for each cell that was cut from a page, with its picture."""
    cells = table.cut_cells
    names = find_names(cells)
    page.set_column(len(CELL_TITLES) - 1, len(CELL_TITLES) - 1, PICTURE_WIDTH_PX / 7)
    for start in range(0, len(cells), CELLS_AT_ONCE):
        some = cells[start : start + CELLS_AT_ONCE]
        images = _load_images([cell.id for cell in some if cell.id is not None])
        for line, cell in enumerate(some, start=start + 1):
            page.set_row_pixels(line, ROW_PX)
            _write_cell(
                page, line, cell, table.columns[cell.column].name, names.get(cell.confirmed_by or 0, ""), formats
            )
            if image := images.get(cell.id or 0):
                _add_picture(page, line, image)
            file.step(1)


def _write_cell(page: Any, line: int, cell: TableCell, column: str, confirmed_by: str, formats: Formats) -> None:
    numbers = [Decimal(cell.page), Decimal(cell.row + 1), Decimal(cell.column + 1)]
    values: list[Value] = [*numbers, column, cell.text, cell.read_text]
    for place, value in enumerate(values):
        _write(page, line, place, value, formats)
    if cell.confidence is not None:
        page.write_number(line, 6, cell.confidence, formats.share)
    for place, text in ((7, cell.state), (8, cell.source), (9, confirmed_by)):
        _write(page, line, place, text, formats)
    if cell.confirmed_at is not None:
        _write(page, line, 10, cell.confirmed_at, formats)


def _write(page: Any, line: int, column: int, value: Value, formats: Formats) -> None:
    """Write a value by its kind; a text stays a text, whatever it begins with."""
    if isinstance(value, Decimal):
        page.write_number(line, column, float(value), formats.number(value))
    elif isinstance(value, datetime):
        page.write_datetime(line, column, value.astimezone(UTC).replace(tzinfo=None), formats.at)
    elif isinstance(value, date):
        page.write_datetime(line, column, value, formats.date)
    elif isinstance(value, time):
        page.write_datetime(line, column, value, formats.time)
    elif value:
        page.write_string(line, column, value)


def _load_images(keys: Sequence[int]) -> dict[int, bytes]:
    """Return the pictures of cells by their keys. Two queries."""
    rows = list(SheetCell.objects.filter(pk__in=keys).values_list("pk", "submission", "image"))
    drawn = find_images([submission for _, submission, _ in rows if submission is not None])
    return {key: bytes(image or b"") or drawn.get(submission or 0, b"") for key, submission, image in rows}


def _add_picture(page: Any, line: int, image: bytes) -> None:
    """Add a picture that moves and is sized with its row, as large as fits into it."""
    with Image.open(BytesIO(image), formats=("PNG", "JPEG", "WEBP")) as picture:
        scale = min(1.0, (ROW_PX - 2) / picture.height, PICTURE_WIDTH_PX / picture.width)
        data = image if picture.format != "WEBP" else encode_png(picture.convert("L"))  # which no workbook holds
    options = {"image_data": BytesIO(data), "x_scale": scale, "y_scale": scale, "x_offset": 1, "y_offset": 1}
    page.insert_image(line, len(CELL_TITLES) - 1, "cell.png", {**options, "object_position": 1})
