"""Build the API's answers about sheets, with plain functions; `serializers` defines their fields."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import translation

from predictions.api.responses import failure_body
from predictions.models import ErrorCode, Sheet, SheetPage, SheetTemplate, TemplateKind
from predictions.services.readings import problem_body
from predictions.services.sheets.export import find_names
from predictions.services.sheets.progress import (
    count_cells,
    find_state,
    is_complete,
    list_failed_pages,
    list_missing_pages,
)
from predictions.services.sheets.sums import check_table
from predictions.services.sheets.tables import Table, TableCell, TableRow
from predictions.services.sheets.wording.columns import find_problem
from predictions.services.sheets.wording.photographs import describe_quality


def template_body(template: SheetTemplate) -> dict[str, Any]:
    """Return a version of a template as JSON."""
    is_printed = template.kind == TemplateKind.PRINTED
    return {
        "id": str(template.pk),
        "url": reverse("api-sheet-template", args=[template.pk]),
        "pdf": reverse("api-sheet-template-pdf", args=[template.pk]) if is_printed else None,
        "family": str(template.family),
        **{name: getattr(template, name) for name in ("version", "kind", "title", "form", "created_at")},
        "archived_at": template.archived_at,
    }


def listed_body(sheet: Sheet, pages: Sequence[SheetPage]) -> dict[str, Any]:
    """Return a sheet as lists show it. No query if its template is loaded."""
    return {
        "id": str(sheet.pk),
        "url": reverse("api-sheet", args=[sheet.pk]),
        "title": sheet.name,
        "state": find_state(sheet, pages).value,
        "is_complete": is_complete(pages),
        "template": sheet.template_id and str(sheet.template_id),
        "is_demo": sheet.is_demo,
        "created_at": sheet.created_at,
        "settled_at": sheet.settled_at,
    }


def sheet_body(sheet: Sheet) -> dict[str, Any]:
    """Return a sheet with its pages as JSON. Two queries."""
    pages = list(pages_of(sheet))
    return {
        **listed_body(sheet, pages),
        "table": reverse("api-sheet-table", args=[sheet.pk]),
        "threshold": sheet.threshold,
        "progress": count_cells(sheet),
        "pages": [page_body(page) for page in pages],
    }


def pages_of(sheet: Sheet) -> Any:
    """Return the pages of a sheet in order, without the geometry of their tables."""
    return SheetPage.objects.filter(sheet=sheet).defer("table").order_by("number")


def page_body(page: SheetPage) -> dict[str, Any]:
    """Return a page as JSON."""
    has_picture = page.width_px is not None
    return {
        "id": str(page.pk),
        "url": reverse("api-sheet-page", args=[page.sheet_id, page.pk]),
        **{name: getattr(page, name) for name in ("number", "status", "template_page", "copy")},
        "picture": reverse("api-sheet-picture", args=[page.sheet_id, page.pk]) if has_picture else None,
        "width": page.width_px,
        "height": page.height_px,
        "problems": problems_of(page),
        "error": _error_body(page),
    }


def _error_body(page: SheetPage) -> dict[str, str] | None:
    """Return why a page can't be read, as people read it: the first thing that is wrong with its photograph."""
    error = failure_body(page)
    if error and page.error_code == ErrorCode.BAD_PHOTO:
        with translation.override("en"):
            findings = describe_quality(page.quality, is_fatal=True)
        error |= {"message": findings[0].text} if findings else {}
    return error


def problems_of(page: SheetPage) -> list[dict[str, str]] | None:
    """Return what is wrong with a photograph; None until a worker looked at it."""
    if page.quality is None:
        return None
    return [{"kind": one["kind"], "place": one["place"]} for one in page.quality.get("problems", ())]


class CellBodies:
    """Makes JSON of the cells of a table: knows the ids of its pages, and who confirmed. One query."""

    def __init__(self, table: Table) -> None:
        self._sheet, self._template = table.sheet, table.template
        self._pages: Mapping[int, UUID] = {page.number: page.pk for page in table.pages}
        self._names = find_names(table.cells)

    def make(self, cell: TableCell) -> dict[str, Any]:
        """Return a cell that was cut from a page as JSON."""
        place = [self._sheet.pk, self._pages[cell.page], cell.row, cell.column]
        names = ("row", "column", "page", "state", "text", "read_text", "confidence", "source", "confirmed_at")
        return {
            "url": reverse("api-sheet-cell", args=place),
            "image": reverse("api-sheet-cell-image", args=place) if cell.has_image else None,
            **{name: getattr(cell, name) for name in names},
            "problem": problem_body(find_problem(self._template, cell.row, cell.column, cell.text)),
            "is_waiting": cell.is_waiting,
            "alternatives": [{"text": text, "probability": chance} for text, chance in cell.alternatives],
            "is_confirmed": cell.confirmed_at is not None,
            "confirmed_by": self._names.get(cell.confirmed_by or 0),
            "box": list(cell.box),
        }


def table_body(table: Table) -> dict[str, Any]:
    """Return a table as JSON. One query."""
    bodies = CellBodies(table)
    return {
        "sheet": str(table.sheet.pk),
        "title": table.sheet.name,
        "state": find_state(table.sheet, table.pages).value,
        "is_complete": is_complete(table.pages),
        "failed_pages": [page.number for page in list_failed_pages(table.pages)],
        "missing_pages": list_missing_pages(table.sheet, table.pages),
        "columns": [{"name": column.name, "kind": column.kind.value} for column in table.columns],
        "rows": [_row_body(row, bodies) for row in table.rows],
        "sums": [{"copy": copy, **check._asdict()} for copy, check in check_table(table)],
        "expected_errors": table.expected_errors,
    }


def _row_body(row: TableRow, bodies: CellBodies) -> dict[str, Any]:
    return {
        "row": row.row,
        "copy": row.copy,
        "is_total": row.is_total,
        "values": [cell and cell.text for cell in row.cells],
        "cells": [bodies.make(cell) for cell in row.cut_cells],
    }
