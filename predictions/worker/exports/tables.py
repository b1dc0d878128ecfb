"""Exports as tables: CSV and Excel workbooks. A text that a spreadsheet would take for a formula stays a text."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any

from accounts.csv_lines import BYTE_ORDER_MARK, csv_lines
from predictions.models import Export
from predictions.worker.exports.chunks import ChunkWriter
from predictions.worker.exports.rows import COLUMNS, read_parts

ROWS_IN_WORKSHEET = 1_000_000  # Excel has 48,576 more
TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
WORKSHEET = "Drawings"
WIDTHS = {"id": 37, "created_at": 19, "reasons": 24, "model": 24, "url": 60}  # in characters
WIDTH = 12  # of every other column


def write_csv(export: Export, file: ChunkWriter) -> None:
    """Write a line for each drawing, after one of titles."""
    file.write(BYTE_ORDER_MARK.encode())
    for line in csv_lines(COLUMNS, map(csv_cells, _all_cells(export, file))):
        file.write(line.encode())


def csv_cells(cells: Iterable[Any]) -> list[Any]:
    """Return cells as CSV has them: true and false are written as in JSON."""
    return [str(cell).lower() if isinstance(cell, bool) else cell for cell in cells]


def write_xlsx(export: Export, file: ChunkWriter) -> None:
    """Write a workbook: the rows go to a temporary file one by one, and are packed at the end."""
    from xlsxwriter import Workbook

    with TemporaryDirectory() as folder:  # which also removes what an interrupted workbook leaves
        book = Workbook(file, {"constant_memory": True, "tmpdir": folder})  # which only writes to it
        time_format = book.add_format({"num_format": TIME_FORMAT})
        worksheet = None
        for place, cells in enumerate(_all_cells(export, file)):
            line = place % ROWS_IN_WORKSHEET + 1
            if worksheet is None or line == 1:
                worksheet = _add_worksheet(book)
            _write_line(worksheet, line, cells, time_format)
        if worksheet is None:
            _add_worksheet(book)
        book.close()


def _all_cells(export: Export, file: ChunkWriter) -> Iterator[list[Any]]:
    for rows in read_parts(export):
        for row in rows:
            yield row.cells()
            file.step(1)


def _add_worksheet(book: Any) -> Any:
    """Add a worksheet with titles that stay in view, and columns as wide as what is in them."""
    count = len(book.worksheets())
    worksheet = book.add_worksheet(f"{WORKSHEET} {count + 1}" if count else WORKSHEET)
    worksheet.freeze_panes(1, 0)
    for column, title in enumerate(COLUMNS):
        worksheet.set_column(column, column, WIDTHS.get(title, WIDTH))
        worksheet.write_string(0, column, title)
    return worksheet


def _write_line(worksheet: Any, line: int, cells: Iterable[Any], time_format: Any) -> None:
    """Write cells by their kind, so that no text becomes a number, a formula or a link."""
    for column, value in enumerate(cells):
        if isinstance(value, datetime):
            worksheet.write_datetime(line, column, value.astimezone(UTC).replace(tzinfo=None), time_format)
        elif isinstance(value, bool):
            worksheet.write_boolean(line, column, value)
        elif isinstance(value, float):
            worksheet.write_number(line, column, value)
        elif value:
            worksheet.write_string(line, column, value)
