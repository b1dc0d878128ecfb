"""Store what was found on a page, in one transaction under its claim: each cell once, whatever dies."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from accounts.models import User
from ml.sheets.template import ColumnKind, Template
from predictions import lifecycle
from predictions.models import (
    CellState,
    Drawing,
    ErrorCode,
    PageFile,
    Sheet,
    SheetCell,
    SheetPage,
    SheetTemplate,
    Submission,
)
from predictions.models.sheets import MAX_PAGES
from predictions.models.sheets.submitting import make_cell_submission
from predictions.worker.sheets.looking import LookedAt, PageRefused


class SheetGone(Exception):
    """The sheet or its owner was deleted meanwhile."""


class LostClaim(Exception):
    """Another worker has the page, or it was removed: nothing is stored."""


def store(page: SheetPage, looked: LookedAt, is_same_form: Callable[[dict[str, Any]], bool]) -> None:
    """Store the cells of a claimed page, and queue those that are read. All or nothing.

    is_same_form: whether the page has the lines of a table that is stored.

    Raises:
        PageRefused: if the page is of another template than the sheet's other pages.
        SheetGone, LostClaim: if there is nothing to store for.
    """
    with transaction.atomic():
        sheet = _lock(page)
        template = _settle_template(sheet, looked, is_same_form)
        others = SheetPage.objects.filter(sheet=sheet, template_page=looked.template_page).exclude(pk=page.pk)
        last = others.aggregate(last=Max("copy"))["last"]
        cells, rows = _make_cells(page, sheet, looked, template.template if template else None)
        kept = len(looked.picture) + sum(len(cell.image or b"") for cell in cells)
        columns = {
            "quality": page.quality,
            "table": looked.table.as_dict() if looked.table else None,
            "template_page": looked.template_page,
            "copy": 0 if last is None else last + 1,
            "width_px": looked.width_px,
            "height_px": looked.height_px,
            "kept_bytes": kept,
        }
        if not lifecycle.complete_page(page, **columns):
            raise LostClaim
        PageFile.objects.filter(page=page).update(data=None, picture=looked.picture)
        lifecycle.queue_all([submission for submission, _ in rows], [drawing for _, drawing in rows])
        SheetCell.objects.bulk_create(cells)


def refuse(page: SheetPage, refused: PageRefused) -> bool:
    """End a page that can't be read, and keep a small picture of it at most; False if the claim was lost."""
    with transaction.atomic():
        columns = {"quality": page.quality, "kept_bytes": len(refused.picture)}
        is_ours = lifecycle.fail_page(page, refused.code, **columns)
        if is_ours:
            PageFile.objects.filter(page=page).update(data=None, picture=refused.picture or None)
    return is_ours


def split(page: SheetPage, images: list[bytes]) -> None:
    """Store the pages of a PDF: the first in its place, the others after it. They then wait like photographs.

    Raises:
        PageRefused: if the sheet would have too many pages.
        SheetGone, LostClaim: if there is nothing to store for.
    """
    more = len(images) - 1
    with transaction.atomic():
        sheet = _lock(page)
        pages = SheetPage.objects.filter(sheet=sheet)
        if pages.count() + more > MAX_PAGES:
            raise PageRefused(ErrorCode.TOO_MANY_PAGES)
        pages.filter(number__gt=page.number).update(number=F("number") + more)
        columns = {"kept_bytes": len(images[0])}
        if not SheetPage.objects.filter(pk=page.pk, claim=page.claim).update(**columns):
            raise LostClaim
        PageFile.objects.filter(page=page).update(data=images[0], content_type="image/jpeg")
        added = [
            SheetPage(sheet=sheet, owner_id=page.owner_id, number=page.number + place, kept_bytes=len(image))
            for place, image in enumerate(images[1:], start=1)
        ]
        SheetPage.objects.bulk_create(added)
        PageFile.objects.bulk_create(
            PageFile(page=one, data=image, content_type="image/jpeg")
            for one, image in zip(added, images[1:], strict=True)
        )
        lifecycle.release([page])
        lifecycle.notify_sheet(sheet.pk)


def _lock(page: SheetPage) -> Sheet:
    """Lock the row of a page's sheet. Raises SheetGone."""
    # without a join: where another page has just set the template, Postgres would join it to the former row
    sheet = Sheet.objects.select_for_update(no_key=True).filter(pk=page.sheet_id, deleted_at=None).first()
    # the account is locked too: code that knows no sheets may be deleting it, with its drawings
    if sheet is None or not User.objects.select_for_update(no_key=True).filter(pk=sheet.owner_id).exists():
        raise SheetGone
    return sheet


def _settle_template(
    sheet: Sheet, looked: LookedAt, is_same_form: Callable[[dict[str, Any]], bool]
) -> SheetTemplate | None:
    """Return the template of the sheet, which its first page decides; None while columns have no names.

    Raises PageRefused if this page is of another template, or of a table with other lines.
    """
    first = SheetPage.objects.filter(sheet=sheet, template_page__isnull=False).order_by("number").first()
    if sheet.template is not None:
        if looked.template == sheet.template:
            return sheet.template
        if first is None and looked.template is not None and looked.template.family == sheet.template.family:
            return _set_template(sheet, looked.template)  # it was printed from another version than was named
        # its columns were named while this page was looked at
        is_named_since = looked.template is None and sheet.template.table and is_same_form(sheet.template.table)
        if is_named_since:
            return sheet.template
        raise PageRefused(ErrorCode.OTHER_TEMPLATE, looked.picture)
    if first is None and looked.template is not None:
        return _set_template(sheet, looked.template)
    if first is not None and (looked.template is not None or not first.table or not is_same_form(first.table)):
        raise PageRefused(ErrorCode.OTHER_TEMPLATE, looked.picture)
    return None


def _set_template(sheet: Sheet, template: SheetTemplate) -> SheetTemplate:
    Sheet.objects.filter(pk=sheet.pk).update(template=template)
    return template


def _make_cells(
    page: SheetPage, sheet: Sheet, looked: LookedAt, template: Template | None
) -> tuple[list[SheetCell], list[tuple[Submission, Drawing]]]:
    """Return the unsaved cells, and the submissions of those that are read. What is printed has none."""
    cells, rows = [], []
    for cut, png in zip(looked.cells, looked.pngs, strict=True):
        is_read = template is not None and template.is_read(cut.row, cut.column)
        if template is not None and not is_read and not _is_filled_in(template, cut.row, cut.column):
            continue
        x, y, width, height = cut.box
        cell = SheetCell(page=page, row=cut.row, column=cut.column, x=x, y=y, width=width, height=height)
        cell.state, cell.image = str(cut.state), png
        if is_read and cell.state == CellState.WRITTEN and png is not None:
            assert template is not None  # noqa: S101
            expects = template.expects_at(cut.row, cut.column)
            rows.append(make_cell_submission(cell, sheet, expects.as_dict() if expects else None, png))
        elif not is_read and (template is not None or cell.state == CellState.WRITTEN):
            cell.state = CellState.NOT_READ
        cells.append(cell)
    return cells, rows


def _is_filled_in(template: Template, row: int, column: int) -> bool:
    """Return whether somebody writes text there."""
    return template.columns[column].kind is ColumnKind.TEXT and row < template.rows
