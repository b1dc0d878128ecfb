"""Photographs and PDFs of pages that are none, or too large; templates that contradict themselves."""

import json

from bench.security.pdfs import page
from tests.security.bad_inputs.case import JSON, MISSING, Bad
from tests.security.bad_inputs.images import SVG, png_of

SHEETS = "POST /api/v1/sheets/"
TEMPLATES = "POST /api/v1/sheet-templates/"
STRANGER = "browser with a token"
ONE = f"/api/v1/sheets/{MISSING}/"


def file(name: str, data: bytes, status: int = 400, code: str = "unreadable", as_: str = "page.jpg") -> Bad:
    """Return a file as a page of a new sheet."""
    return Bad(name, SHEETS, status, code, files=[("file", (as_, data))])


def template(name: str, form: object, status: int = 422, code: str = "invalid_template") -> Bad:
    """Return a template with something wrong."""
    return Bad(name, TEMPLATES, status, code, json.dumps(form), JSON)


COLUMN = {"name": "a", "expects": {"characters": "digits"}}
FORM = {"title": "Marks", "rows": 3, "columns": [COLUMN]}
GOOD = page(b"0 0 9 9 re f")

CASES = [
    Bad("a sheet without a file", SHEETS, 400, "invalid", files={"other": ("a.jpg", b"x")}),
    Bad("a sheet as JSON", SHEETS, 415, "unsupported_media_type", b'{"file": "QQ=="}', JSON),
    Bad(
        "a sheet as a photograph alone",
        SHEETS,
        415,
        "unsupported_media_type",
        png_of(9, 9),
        {"Content-Type": "image/png"},
    ),
    Bad("a sheet of a text in the place of a file", SHEETS, 400, "invalid", files={"file": (None, "x")}),
    Bad("a sheet with an unknown field", SHEETS, 400, "invalid", files={"file": ("a", GOOD), "owner": (None, "1")}),
    Bad(
        "a sheet of nobody's template",
        SHEETS,
        404,
        "not_found",
        files={"file": ("a", GOOD), "template": (None, MISSING)},
    ),
    Bad(
        "a sheet of a template that is no id",
        SHEETS,
        400,
        "invalid",
        files={"file": ("a", GOOD), "template": (None, "7")},
    ),
    Bad("a sheet of 21 files", SHEETS, 413, "too_many_items", files=[("file", ("a", GOOD))] * 21),
    Bad("a sheet of 26 MB", SHEETS, 413, "too_large", files={"file": ("a", bytes(26_000_000))}),
    file("an empty page", b""),
    file("a page of one byte", b"%"),
    file("a page of text", b"a,b\n1,2\n", as_="page.pdf"),
    file("a page of HTML", b"<!doctype html><script>alert(1)</script>", as_="page.pdf"),
    file("a page as SVG", SVG),
    file("a page as HEIC", b"\0\0\0\x18ftypheic" + bytes(99)),
    file("a page as TIFF", b"II*\0" + bytes(99)),
    file("a page as a ZIP", b"PK\x03\x04" + bytes(99), as_="page.pdf"),
    file("a page as PostScript", b"%!PS-Adobe-3.0\n" + bytes(99), as_="page.pdf"),
    file("a PDF of its first words", b"%PDF-1.7\n"),
    file("a page of no width", png_of(0, 28)),
    file("a page of 100 megapixels", png_of(10_000, 10_000), 413, "too_large"),
    file("a page of two billion pixels a side", png_of(2**31 - 1, 2**31 - 1), 413, "too_large"),
    file("a page of one row of 100,000", png_of(100_000, 1), 413, "too_large"),
    file("a page that is dear to decode", png_of(8_000, 6_000, depth=16, colour=6), 413, "too_large"),
    file("a page of only a JPEG's first marker", b"\xff\xd8\xff"),
    Bad("a stranger's sheet", SHEETS, 401, "not_authenticated", files={"file": ("a", GOOD)}, who=""),
    Bad("pages for no sheet", f"POST {ONE}pages/", 404, "not_found", files={"file": ("a", GOOD)}),
    Bad("the table of no sheet", f"GET {ONE}table/", 404, "not_found"),
    Bad("columns for no sheet", f"POST {ONE}columns/", 404, "not_found", json.dumps(FORM), JSON),
    Bad("a sheet's id as a path", "GET /api/v1/sheets/..%2f..%2fetc/", 404, "not_found"),
    Bad("a page's form of 26 MB", "POST /sheets/new/", 413, "", b"x" * 26_000_000, who="alice's browser"),
    template("a template of nothing", {}),
    template("a template as a list", [FORM]),
    template("a template of no columns", FORM | {"columns": []}),
    template("a template of 10,000 columns", FORM | {"columns": [COLUMN] * 10_000}, 413, "too_large"),
    template("a template of a billion rows", FORM | {"rows": 10**9}),
    template("a template of NaN rows", FORM | {"rows": "NaN"}),
    template("a template of two columns of one name", FORM | {"columns": [COLUMN, COLUMN]}),
    template("a template with a sum of itself", FORM | {"sums": [{"kind": "row", "total": 0, "parts": [0]}]}),
    template("a template with a NUL", FORM | {"title": "a\0b"}),
    template("a template with a column of no width", FORM | {"columns": [COLUMN | {"width": 0}]}),
]
