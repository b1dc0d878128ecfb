"""Examples of sheets that the schema and the docs page show. Tests check each against the schema."""

from typing import Any

_TEMPLATE_ID = "7b0c8a52-9a4e-4d3c-8f3f-2d5a0b6f1e11"
_SHEET_ID = "c1f4a6de-5b7a-4e0e-9c55-0a6a2f0d7b21"
_PAGE_ID = "f0a9d1c4-1e2b-4c6d-8a7b-3c5d7e9f1a2b"
_TEMPLATE_PATH = f"/api/v1/sheet-templates/{_TEMPLATE_ID}/"
_PATH = f"/api/v1/sheets/{_SHEET_ID}/"
_PAGE_PATH = f"{_PATH}pages/{_PAGE_ID}/"

_POINTS = {"kind": "number", "decimal": "none", "min": 0, "max": 20}
FORM: dict[str, Any] = {
    "title": "Marks, class 7b",
    "rows": 2,
    "columns": [
        {"name": "Name", "kind": "label", "width": 2, "labels": ["Ada", "Grace"]},
        {"name": "Task 1", "expects": _POINTS},
        {"name": "Task 2", "expects": _POINTS},
        {"name": "Sum", "boxes": 2},
    ],
    "sums": [{"kind": "row", "total": 3, "parts": [1, 2]}],
}
COLUMNS: dict[str, Any] = {
    "title": "Stock, ground floor",
    "columns": [{"name": "Shelf", "kind": "text"}, {"name": "Count", "expects": {"kind": "digits", "max_length": 4}}],
}
TEMPLATE: dict[str, Any] = {
    "id": _TEMPLATE_ID,
    "url": _TEMPLATE_PATH,
    "pdf": f"{_TEMPLATE_PATH}pdf/",
    "family": "2f6a7b9e-6f27-4a0c-a3a1-6d3f0f2e9c55",
    "version": 1,
    "kind": "printed",
    "title": FORM["title"],
    "form": {**FORM, "paper": "a4", "landscape": False, "row_mm": 10.0},
    "created_at": "2026-11-24T08:00:00.000000Z",
    "archived_at": None,
}
LISTED: dict[str, Any] = {
    "id": _SHEET_ID,
    "url": _PATH,
    "title": FORM["title"],
    "state": "read",
    "is_complete": True,
    "template": _TEMPLATE_ID,
    "is_demo": False,
    "created_at": "2026-11-24T09:00:00.000000Z",
    "settled_at": "2026-11-24T09:00:03.200000Z",
}
_PAGE: dict[str, Any] = {
    "id": _PAGE_ID,
    "url": _PAGE_PATH,
    "number": 1,
    "status": "succeeded",
    "template_page": 1,
    "copy": 0,
    "picture": f"{_PAGE_PATH}picture/",
    "width": 1654,
    "height": 2339,
    "problems": [],
    "error": None,
}
SHEET: dict[str, Any] = {
    **LISTED,
    "table": f"{_PATH}table/",
    "threshold": None,
    "progress": {"cells": 8, "unread": 0, "written": 6, "confirmed": 1},
    "pages": [_PAGE],
}
_UNREAD_PAGE = {
    "status": "queued",
    "template_page": None,
    "picture": None,
    "width": None,
    "height": None,
    "problems": None,
}
READING: dict[str, Any] = {
    **SHEET,
    "state": "reading",
    "is_complete": False,
    "template": None,
    "settled_at": None,
    "progress": {"cells": 0, "unread": 0, "written": 0, "confirmed": 0},
    "pages": [{**_PAGE, **_UNREAD_PAGE}],
}


def _cell(column: int, text: str, **more: Any) -> dict[str, Any]:
    path = f"{_PAGE_PATH}cells/0/{column}/"
    return {
        "url": path,
        "image": f"{path}image/",
        "row": 0,
        "column": column,
        "page": 1,
        "state": "written",
        "text": text,
        "read_text": text,
        "confidence": 0.998,
        "source": "read",
        "problem": None,
        "is_waiting": False,
        "alternatives": [],
        "is_confirmed": False,
        "confirmed_by": None,
        "confirmed_at": None,
        "box": [520.0, 410.0, 210.0, 79.0],
        **more,
    }


CELL = _cell(
    2,
    "17",
    read_text="11",
    confidence=0.971,
    source="sum",
    alternatives=[{"text": "11", "probability": 0.6}],
    is_confirmed=True,
    confirmed_by="alice",
    confirmed_at="2026-11-24T09:01:00.000000Z",
)
TABLE: dict[str, Any] = {
    "sheet": _SHEET_ID,
    "title": FORM["title"],
    "state": "read",
    "is_complete": True,
    "failed_pages": [],
    "missing_pages": [],
    "columns": [{"name": one["name"], "kind": one.get("kind", "read")} for one in FORM["columns"]],
    "rows": [
        {
            "row": 0,
            "copy": 0,
            "is_total": False,
            "values": ["Ada", "9", "17", "26"],
            "cells": [_cell(1, "9"), CELL, _cell(3, "26")],
        }
    ],
    "sums": [{"kind": "row", "row": 0, "column": 3, "copy": 0, "written": "26", "computed": "26", "adds_up": True}],
    "expected_errors": 0.004,
}
