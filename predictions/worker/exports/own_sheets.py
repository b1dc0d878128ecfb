"""Sheets in the export of everything: templates, the values of all cells, and the pictures of pages."""

from collections.abc import Iterator
from typing import Any

from predictions.models import Export, PageFile, Sheet, SheetCell, SheetPage, SheetTemplate
from predictions.worker.exports.chunks import ChunkWriter
from predictions.worker.exports.zip_stream import ZipStream

CELLS = (
    "row", "column", "state", "text", "read_text", "confidence", "source", "confirmed_at", "submission__id"
)  # fmt: skip


def templates_of(export: Export) -> Iterator[dict[str, Any]]:
    """Yield the owner's templates, every version."""
    for row in SheetTemplate.objects.filter(owner=export.owner_id).order_by("created_at").iterator(chunk_size=100):
        names = ("id", "family", "version", "kind", "created_at", "archived_at", "form")
        yield {name: getattr(row, name) for name in names}


def sheets_of(export: Export) -> Iterator[dict[str, Any]]:
    """Yield the owner's sheets with their pages and cells. Two queries a sheet."""
    for sheet in _sheets(export):
        pages = list(SheetPage.objects.filter(sheet=sheet).order_by("number"))
        yield {
            "id": sheet.pk,
            "title": sheet.title,
            "template": sheet.template_id,
            "created_at": sheet.created_at,
            "settled_at": sheet.settled_at,
            "pages": [_page_body(page) for page in pages],
        }


def add_pages(archive: ZipStream, export: Export, file: ChunkWriter) -> None:
    """Add the upright picture of each page that has one. One query a page."""
    for sheet in _sheets(export):
        for page in SheetPage.objects.filter(sheet=sheet).order_by("number"):
            kept = PageFile.objects.filter(page=page, picture__isnull=False).only("picture").first()
            if kept:
                archive.add(name_page(page), bytes(kept.picture or b""), sheet.created_at, is_packed=True)
            file.step()


def name_page(page: SheetPage) -> str:
    """Return the name of the picture of a page in the file."""
    return f"sheets/{page.sheet_id}_{page.number}.jpg"


def _sheets(export: Export) -> Iterator[Sheet]:
    rows = Sheet.objects.filter(owner=export.owner_id, deleted_at=None).order_by("created_at", "pk")
    keys = list(rows.values_list("pk", flat=True))
    return (sheet for key in keys if (sheet := rows.filter(pk=key).first()))


def _page_body(page: SheetPage) -> dict[str, Any]:
    cells = SheetCell.objects.filter(page=page).order_by("row", "column").values_list(*CELLS)
    names = [name if name != "submission__id" else "drawing" for name in CELLS]
    return {
        "number": page.number,
        "template_page": page.template_page,
        "quality": page.quality,
        "error": page.error_code or None,
        "file": name_page(page) if page.width_px else None,
        "cells": [dict(zip(names, values, strict=True)) for values in cells],
    }
