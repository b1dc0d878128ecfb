"""Photographs for tests: pages filled in with our own digits."""

from functools import cache

import numpy as np

from ml.data.datasets import PenDigit
from ml.data.sheets.filling import FilledPage, Writer, fill_page, gather_writers
from ml.data.sheets.photographs import Conditions, Photograph, photograph
from ml.golden import golden_drawing
from ml.sheets.layout import lay_out
from ml.sheets.template import parse_template

CODE = "MARKSTESTABCDEFGHIJKLMNOPQRST"
SMALL = (1200, 1600)
COLUMNS = [
    {"name": "Points", "boxes": 2, "expects": {"kind": "digits", "length": 2}},
    {"name": "Hours", "expects": {"kind": "number", "decimal": "none", "sign": False, "max": 999}},
    {"name": "Note", "kind": "text"},
    {"name": "Litres", "expects": {"kind": "number", "decimal": "point", "sign": False, "max": 99}},
    {"name": "Item", "kind": "label", "labels": ["Apples", "Pears"]},
]


def draw_writers() -> list[Writer]:
    """Return one writer: our own digits."""
    pens = [
        PenDigit(digit, 0, [np.array(stroke) for stroke in golden_drawing(digit, seed)["strokes"]])
        for digit in range(10)
        for seed in range(6)
    ]
    return gather_writers(pens)


@cache
def draw_page(rows: int = 10, row_mm: float = 12) -> FilledPage:
    """Return a filled-in page."""
    template = parse_template({"title": "Harvest", "rows": rows, "row_mm": row_mm, "columns": COLUMNS})
    return fill_page(lay_out(template)[0], template, CODE, draw_writers()[0], np.random.default_rng(3))


@cache
def take(rows: int = 10, **conditions: object) -> Photograph:
    """Return a photograph of a filled-in page; the same for the same conditions."""
    taken = Conditions(**{"size": SMALL, "tilt_degrees": 15.0, "blur_px": 0.5} | conditions)  # type: ignore[arg-type]
    return photograph(draw_page(rows), taken, np.random.default_rng(5))
