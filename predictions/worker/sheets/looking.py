"""Look at a photograph of a page: which template it is, what the photograph is like, and its cells as pictures.

Nothing is stored here but the quality, which its owner sees before the cells are read.
"""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from ml.sheets.layout import lay_out
from ml.sheets.problems import CODE_PROBLEMS, FATAL_FOR_TABLES, FATAL_PROBLEMS, Problem
from predictions import claims, lifecycle
from predictions.models import ErrorCode, SheetPage, SheetTemplate, TemplateKind
from predictions.models.sheets.codes import InvalidCode, read_code
from predictions.worker.sheets.tools import Tools

PICTURE_QUALITY = 80
SHOWN_SIDE_PX = 1_000  # of a photograph that can't be read, kept so that its owner sees which one it was
COVERED = "covered"  # the kind of the problem, and in a page's quality the rows and columns of the cells
MOST_COMPARED = 100  # templates, the newest, with which a table without marks is compared
Stage = Callable[[], AbstractContextManager[object]]


class PageRefused(Exception):
    """The page can't be read.

    Attributes:
        picture: JPEG of the photograph, b"" if it can't be shown.
    """

    def __init__(self, code: ErrorCode, picture: bytes = b"") -> None:
        super().__init__(code)
        self.code, self.picture = code, picture


class TooManyWait(Exception):
    """The page was looked at; its cells must wait, as so many cells of its owner do."""


@dataclass(frozen=True)
class LookedAt:
    """What was found on a page.

    template: None for an own table whose columns have no names yet.
    table: the lines of an own table, as an `ml.sheets.tables.FoundTable`.
    picture: JPEG, upright.
    cells: as `ml.sheets.pages.CutCell`; `pngs` are their pictures, None for one without ink.
    """

    template: SheetTemplate | None
    template_page: int
    picture: bytes
    width_px: int
    height_px: int
    cells: list[Any]
    pngs: list[bytes | None] = field(repr=False)
    table: Any = None


def look(page: SheetPage, pixels: Any, tools: Tools, stage: Stage) -> LookedAt:
    """Return what is on a claimed page; each stage, of a second at most, runs within a `stage`.

    pixels: its photograph, decoded.

    Raises:
        PageRefused: if it can't be read, whatever is tried.
        TooManyWait: if so many cells of its owner wait that these would keep others waiting.
    """
    with stage():
        found = tools.find_page(pixels)
    if found is None:
        return _look_at_table(page, pixels, tools, stage)
    quality = found.as_dict()
    if not found.code and not _has_other_problems(found) and _is_known(page):
        told = [one for one in quality["problems"] if one["kind"] not in CODE_PROBLEMS]
        quality |= {"is_good": True, "problems": told}
    _note_quality(page, quality)
    if not quality["is_good"]:
        code = ErrorCode.BAD_PHOTO if found.code or _has_other_problems(found) else ErrorCode.NO_CODE
        raise PageRefused(code, _shrink(pixels))
    template, number = _find_template(page, found.code, pixels)
    layouts = lay_out(template.template)
    if not 1 <= number <= len(layouts):
        raise PageRefused(ErrorCode.FOREIGN_CODE, _shrink(pixels))
    with stage():
        cut = tools.cut_page(pixels, found, layouts[number - 1], template.template)
    if _is_cut_off(cut, pixels.shape):
        page.quality = _make_quality("cells_missing")
        raise PageRefused(ErrorCode.BAD_PHOTO, _shrink(pixels))
    if covered := [[cell.row, cell.column] for cell in cut.cells if cell.is_covered]:
        told = [*quality["problems"], {"kind": COVERED, "place": ""}]
        page.quality = quality | {"problems": told, COVERED: covered}  # stored with the cells
    return _finish(template, number, cut, stage)


def _look_at_table(page: SheetPage, pixels: Any, tools: Tools, stage: Stage) -> LookedAt:
    """Return the cells of a table that is not ours."""
    is_printed = page.sheet.template is not None and page.sheet.template.kind == TemplateKind.PRINTED
    with stage():
        table = None if is_printed else tools.find_table(pixels)
    if table is None:
        reasons = tools.explain_missing(pixels) or [Problem("marks_missing" if is_printed else "no_table")]
        _note_quality(page, {"is_good": False, "problems": [problem._asdict() for problem in reasons]})
        raise PageRefused(ErrorCode.BAD_PHOTO if is_printed else ErrorCode.NO_TABLE, _shrink(pixels))
    template = page.sheet.template or _find_same_form(page, table, tools)
    with stage():
        unmarked = None if template is not None else _find_unmarked(page, pixels, table, tools)
    quality = _describe(table) if unmarked is None else _make_quality("marks_missing", title=unmarked.title)
    _note_quality(page, quality)
    if not quality["is_good"]:
        raise PageRefused(ErrorCode.BAD_PHOTO, _shrink(pixels))
    if page.sheet.template is not None and not _is_same(page.sheet.template.table, table, tools):
        raise PageRefused(ErrorCode.OTHER_TEMPLATE, _shrink(pixels))
    with stage():
        cut = tools.cut_table(pixels, table)
    return _finish(template, 1, cut, stage, table)


def _describe(table: Any) -> dict[str, Any]:
    is_good = all(problem.kind not in FATAL_FOR_TABLES for problem in table.problems)
    return {"is_good": is_good, "problems": [problem._asdict() for problem in table.problems]}


def _make_quality(kind: str, **about: str) -> dict[str, Any]:
    """Return what is told of a photograph with one fatal problem."""
    return {"is_good": False, "problems": [{"kind": kind, "place": "", **about}]}


def _is_cut_off(cut: Any, shape: tuple[int, ...]) -> bool:
    """Return whether the middle of a cell lies beyond the photograph."""
    middles = [[sum(corner[axis] for corner in cell.quad) / 4 for axis in (0, 1)] for cell in cut.cells]
    return any(not (0 <= x < shape[1] and 0 <= y < shape[0]) for x, y in middles)


def _finish(template: SheetTemplate | None, number: int, cut: Any, stage: Stage, table: Any = None) -> LookedAt:
    with stage():
        height, width = cut.picture.shape[:2]
        pngs = [None if cell.state == "empty" else _to_png(cell.pixels) for cell in cut.cells]
        return LookedAt(template, number, _to_jpeg(cut.picture), width, height, list(cut.cells), pngs, table)


def _find_template(page: SheetPage, code: str, pixels: Any) -> tuple[SheetTemplate, int]:
    """Return the template that a code names, and its page. Raises PageRefused."""
    known = page.sheet.template
    if not code:  # its only page, as `_is_known` has found
        assert known is not None  # noqa: S101
        return known, 1
    try:
        template, number = read_code(page.owner_id, code)
    except InvalidCode:
        raise PageRefused(ErrorCode.FOREIGN_CODE, _shrink(pixels)) from None
    if known is not None and known.family != template.family:
        raise PageRefused(ErrorCode.OTHER_TEMPLATE, _shrink(pixels))
    return template, number


def _is_known(page: SheetPage) -> bool:
    """Return whether the template of a page is known without its code: it has one page only."""
    template = page.sheet.template
    return template is not None and template.kind == TemplateKind.PRINTED and len(lay_out(template.template)) == 1


def _has_other_problems(found: Any) -> bool:
    return any(one.kind in FATAL_PROBLEMS and one.kind not in CODE_PROBLEMS for one in found.problems)


def _find_same_form(page: SheetPage, table: Any, tools: Tools) -> SheetTemplate | None:
    """Return the newest of the owner's own tables that has these lines, or None."""
    known = SheetTemplate.objects.filter(owner=page.owner_id, kind=TemplateKind.RULED, archived_at=None)
    return next((one for one in known.order_by("-created_at")[:50] if _is_same(one.table, table, tools)), None)


def _find_unmarked(page: SheetPage, pixels: Any, table: Any, tools: Tools) -> SheetTemplate | None:
    """Return the template, in any version, of which a table is a printed page, though its marks are not seen."""
    printed = SheetTemplate.objects.filter(owner=page.owner_id, kind=TemplateKind.PRINTED).order_by("-created_at")
    compared = printed[:MOST_COMPARED]
    return next((one for one in compared if tools.is_unmarked_page(pixels, table, one.template)), None)


def _is_same(stored: dict[str, Any] | None, table: Any, tools: Tools) -> bool:
    return stored is not None and tools.is_same_form(stored, table)


def _note_quality(page: SheetPage, quality: dict[str, Any]) -> None:
    """Tell its owner what the photograph is like, before anything else is done. Raises TooManyWait."""
    if page.quality is None and SheetPage.objects.filter(pk=page.pk, claim=page.claim).update(quality=quality):
        lifecycle.notify_sheet(page.sheet_id)
    page.quality = quality
    if quality["is_good"] and claims.has_many_cells(page.owner_id):
        raise TooManyWait


def _shrink(pixels: Any) -> bytes:
    image = Image.fromarray(pixels)
    image.thumbnail((SHOWN_SIDE_PX, SHOWN_SIDE_PX))
    return _encode(image, "JPEG", quality=PICTURE_QUALITY)


def _to_jpeg(pixels: Any) -> bytes:
    return _encode(Image.fromarray(pixels), "JPEG", quality=PICTURE_QUALITY)


def _to_png(pixels: Any) -> bytes:
    return _encode(Image.fromarray(pixels), "PNG", compress_level=3)


def _encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
