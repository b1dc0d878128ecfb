"""Sheets that were read, stored without a photograph or a reader, for tests of the pages."""

import io
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from PIL import Image, ImageDraw

from ml.sheets.template import parse_template
from tests.sheets import NUMBER
from tests.site import Site

SIDE_PX, CELL_PX = 600, (180, 60)
FORM = {
    "title": "Marks",
    "rows": 3,
    "columns": [
        {"name": "First", "kind": "read", "expects": NUMBER},
        {"name": "Second", "kind": "read", "expects": NUMBER},
        {"name": "Both", "kind": "read", "expects": NUMBER},
    ],
    "sums": [{"kind": "row", "total": 2, "parts": [0, 1]}],
}
# text, what was read, confidence: a sum changed the second cell of the first row
CELLS = [
    [("12", "12", 0.999), ("30", "36", 0.8), ("42", "42", 0.999)],
    [("7", "7", 0.6), ("8", "8", 0.999), ("15", "15", 0.999)],
    [("20", "20", 0.999), ("", "", 0.999), ("27", "27", 0.7)],
]
STORE = """
    WITH template AS (
        INSERT INTO predictions_sheettemplate (id, owner_id, family, version, kind, title, form)
        SELECT %(template)s, id, %(template)s, 1, 'printed', 'Marks', %(form)s
        FROM accounts_user WHERE username = %(owner)s RETURNING id, owner_id
    ), sheet AS (
        INSERT INTO predictions_sheet (id, owner_id, template_id, title, is_demo, settled_at)
        SELECT %(sheet)s, owner_id, id, 'Marks of a test', false, now() FROM template RETURNING id, owner_id
    ), page AS (
        INSERT INTO predictions_sheetpage (id, sheet_id, owner_id, number, template_page, copy, kept_bytes, width_px,
            height_px, quality, status, error_code, attempts, finished_at)
        SELECT gen_random_uuid(), id, owner_id, number, 1, number - 1, 0, %(side)s, %(side)s,
            '{"problems": [{"kind": "shadow", "place": "left"}]}', 'succeeded', '', 1, now()
        FROM sheet, generate_series(1, %(pages)s) AS number RETURNING id
    ), file AS (
        INSERT INTO predictions_pagefile (page_id, content_type, picture) SELECT id, 'image/jpeg', %(picture)s FROM page
    )
    INSERT INTO predictions_sheetcell (page_id, "row", "column", x, y, width, height, state, text, read_text,
        confidence, source)
    SELECT page.id, (cell->>0)::int, (cell->>1)::int, (cell->>2)::float, (cell->>3)::float, %(width)s, %(height)s,
        CASE WHEN cell->>5 = '' THEN 'empty' ELSE 'written' END, cell->>4, cell->>5, (cell->>6)::float,
        CASE WHEN cell->>4 = cell->>5 THEN 'read' ELSE 'sum' END
    FROM page, jsonb_array_elements(%(cells)s) AS cell RETURNING id
"""
UNREAD = """
    UPDATE predictions_sheetcell SET state = 'not_read', text = '', read_text = '', confidence = NULL, image = %s
    WHERE page_id IN (SELECT id FROM predictions_sheetpage WHERE sheet_id = %s)
"""
VALUES = """
    SELECT text, confirmed_at IS NOT NULL FROM predictions_sheetcell cell
    JOIN predictions_sheetpage page ON page.id = page_id WHERE sheet_id = %s ORDER BY number, "row", "column"
"""


@dataclass(frozen=True)
class StoredSheet:
    """A sheet in the site's database, and its address."""

    site: Site
    id: uuid.UUID

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"{self.site.url}/sheets/{self.id}/"

    def values(self) -> list[tuple[str, bool]]:
        """Return the value of each cell, and whether it is confirmed."""
        return [(text, is_confirmed) for text, is_confirmed in self.site.query(VALUES, self.id)]


def store_sheet(
    site: Site, owner: str = "alice", cells: Sequence[Sequence[tuple[str, str, float]]] = CELLS, pages: int = 1
) -> StoredSheet:
    """Store a sheet that was read: its text, what was read by itself, and the confidence of each cell."""
    sheet = StoredSheet(site, uuid.uuid4())
    width, height = CELL_PX
    listed = [
        (row, column, 20 + column * width, 100 + row * height, *cell)
        for row, line in enumerate(cells)
        for column, cell in enumerate(line)
    ]
    with psycopg.connect(site.env["DATABASE_URL"]) as database:
        values = {
            "template": uuid.uuid4(), "sheet": sheet.id, "owner": owner, "side": SIDE_PX, "pages": pages,
            "form": json.dumps(parse_template(FORM).as_dict()), "cells": json.dumps(listed), "width": width,
            "height": height, "picture": _draw(listed),
        }  # fmt: skip
        database.execute(STORE, values)
    return sheet


def store_unnamed_sheet(site: Site, owner: str = "alice") -> StoredSheet:
    """Store a sheet whose table is somebody's own: its lines were found, its columns have no names."""
    sheet = store_sheet(site, owner)
    site.execute("UPDATE predictions_sheet SET template_id = NULL, settled_at = NULL WHERE id = %s", sheet.id)
    site.execute("UPDATE predictions_sheetpage SET \"table\" = '{}' WHERE sheet_id = %s", sheet.id)
    site.execute(UNREAD, _draw([]), sheet.id)
    return sheet


def _draw(listed: Sequence[tuple[int, int, int, int, str, str, float]]) -> bytes:
    """Return a picture of the page with what was read in each cell."""
    width, height = CELL_PX
    picture = Image.new("L", (SIDE_PX, SIDE_PX), 250)
    pen = ImageDraw.Draw(picture)
    for _, _, x, y, _, read, _ in listed:
        pen.rectangle((x, y, x + width, y + height), outline=90)
        pen.text((x + 70, y + 15), read, fill=30, font_size=28)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=70)
    return data.getvalue()
