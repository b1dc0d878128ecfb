"""The table of a sheet as a file: its values for spreadsheets, as CSV and JSON, and the pictures of its cells."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.utils.translation import gettext as _

from accounts.csv_lines import BYTE_ORDER_MARK, csv_lines
from accounts.models import User
from ml.sheets.template import Column, ColumnKind
from predictions.models import Drawing, SheetCell
from predictions.services.sheets.tables import Table, TableCell
from predictions.services.sheets.values import Value, find_values

V = TypeVar("V")


def typed_rows(table: Table) -> list[list[Value]]:
    """Return the values of the table row by row, each column's of one kind."""
    by_column = zip(table.columns, zip(*_text_rows(table), strict=True), strict=True)
    columns = [_find_column(texts, column) for column, texts in by_column]
    return _name_totals(table, [list(row) for row in zip(*columns, strict=True)])


def _text_rows(table: Table) -> list[list[str]]:
    return [[cell.text if cell else "" for cell in row.cells] for row in table.rows]


def _name_totals(table: Table, rows: list[list[V]]) -> list[list[V | str]]:
    """Return the rows with a name for that of totals, where there is room."""
    named: list[list[V | str]] = [list(row) for row in rows]
    place = _find_total_label(table)
    for row, values in zip(table.rows, named, strict=True):
        if row.is_total and place is not None and not values[place]:
            values[place] = _("Total")
    return named


def _find_total_label(table: Table) -> int | None:
    """Return the column in which the row of totals is named, as on paper: a printed one, or one that is not read."""
    places = [place for place, column in enumerate(table.columns) if column.kind is not ColumnKind.READ]
    return min(places, key=lambda place: table.columns[place].kind is not ColumnKind.LABEL, default=None)


def find_names(cells: Iterable[TableCell]) -> dict[int, str]:
    """Return the names of those who confirmed cells, by their keys. One query."""
    keys = {cell.confirmed_by for cell in cells if cell.confirmed_by is not None}
    return dict(User.objects.filter(pk__in=keys).values_list("pk", "username"))


def _find_column(texts: Sequence[str], column: Column) -> list[Value]:
    if column.kind is not ColumnKind.READ:
        return [text or None for text in texts]
    return find_values(texts, column.expects)


def write_csv(table: Table) -> bytes:
    """Return the values as CSV, as the table shows them: a line of names, then one for each row, with no formula."""
    lines = csv_lines([column.name for column in table.columns], _name_totals(table, _text_rows(table)))
    return (BYTE_ORDER_MARK + "".join(lines)).encode()


def find_image(cell: SheetCell) -> bytes:
    """Return the picture of a cell, PNG; b"" if it is gone."""
    if cell.submission_id is None:
        return bytes(cell.image or b"")
    return find_images([cell.submission_id]).get(cell.submission_id, b"")


def find_images(keys: Sequence[int]) -> dict[int, bytes]:
    """Return the pictures of cells by the key of their submission. One query."""
    rows = Drawing.objects.filter(submission__in=keys, image__isnull=False).values_list("submission", "image")
    return {key: bytes(image or b"") for key, image in rows}
