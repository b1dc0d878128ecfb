"""What the page of checking shows: the cell to be checked, its page and table, and how many are left."""

from collections.abc import Mapping
from typing import Any

from predictions.pages.sheets.cells import count_progress, describe_cell, explain_sums, is_doubtful
from predictions.pages.sheets.sheet import numbers_of, rows_of, shown_rows, title_of
from predictions.services.sheets.tables import Table, TableCell


def check_context(table: Table, threshold: float, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of the page, which shows the cell `cell`, else the first doubtful one, after the cell `after`.

    table: of a sheet that was read, with a template.
    """
    assert table.template is not None  # noqa: S101 (for the types)
    cells = table.cut_cells
    current = _named(cells, query.get("cell", "")) or _next_doubtful(cells, threshold, query.get("after", ""))
    number = current.page if current else next(iter(numbers_of(table)), None)
    of_page = [cell for row in rows_of(table, number) for cell in row.cut_cells]
    described = [describe_cell(table.template, cell, threshold) for cell in of_page]
    progress = count_progress(cells, threshold)
    return {
        "title": title_of(table.sheet),
        "table": table,
        "page": next((page for page in table.pages if page.number == number), None),
        "rows": shown_rows(table, number, threshold),
        "current": next((one for one in described if current and one["id"] == current.id), None),
        "wrong_sums": explain_sums(table),
        "doubtful": progress,
        "data": {"cells": described, "progress": progress},
    }


def _named(cells: list[TableCell], key: str) -> TableCell | None:
    return next((cell for cell in cells if str(cell.id) == key), None)


def _next_doubtful(cells: list[TableCell], threshold: float, after: str) -> TableCell | None:
    """Return the first cell that is left to check, of those after that cell if there are any."""
    at = next((place for place, cell in enumerate(cells) if str(cell.id) == after), -1)
    ordered = [*cells[at + 1 :], *cells[: at + 1]]
    return next((cell for cell in ordered if cell.confirmed_at is None and is_doubtful(cell, threshold)), None)
