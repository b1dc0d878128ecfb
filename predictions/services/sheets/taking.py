"""Take photographs and PDFs of filled-in pages as a sheet, add and remove pages, and rename and delete a sheet.

Whatever changes which pages a sheet has locks its row first, as workers do that store cells or settle it.
"""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from accounts.postgres.copying import copy_rows
from ml.sheets.files import TooLarge, UnreadableImage, check_page_file
from predictions import lifecycle
from predictions.models import PageFile, Sheet, SheetPage, SheetTemplate, Submission
from predictions.models.sheets import MAX_PAGES
from predictions.services.errors import Refused
from predictions.services.sheets.quotas import CELLS_OF_PAGE, room_for_cells

NO_PAGES = "Send at least one photograph or PDF."
TOO_MANY_PAGES = f"A sheet has at most {MAX_PAGES} pages. Send the others as another sheet."
GONE = "This sheet was deleted."


def create_sheet(owner: User, files: Sequence[bytes], template: SheetTemplate | None = None, title: str = "") -> Sheet:
    """Store photographs and PDFs of the pages of one sheet; a worker finds them within a second.

    template: what was filled in; None lets the code on the first page, or its lines, tell.

    Raises:
        UnreadableImage, TooLarge: if one is no such file; says what to do.
        Refused: 400 for no or too many pages, 429 or 503 if there is no room.
    """
    if template is not None and template.owner_id != owner.pk:
        raise Refused("not_found", "There is no such template.", 404)
    content_types = _check(files)
    sheet = Sheet(owner=owner, template=template, title=title)
    with room_for_cells(owner, CELLS_OF_PAGE * len(files), sum(map(len, files))):
        sheet.save(force_insert=True)
        _store(sheet, files, content_types, 1)
        audit.record(owner, "sheet.created", str(sheet.pk), pages=len(files))
    sheet.refresh_from_db()
    return sheet


def add_pages(sheet: Sheet, files: Sequence[bytes]) -> list[SheetPage]:
    """Store more pages of a sheet, which is read again as a whole once they were read; raises as `create_sheet`."""
    content_types = _check(files)
    with room_for_cells(sheet.owner, CELLS_OF_PAGE * len(files), sum(map(len, files))):
        _lock(sheet)
        pages = SheetPage.objects.filter(sheet=sheet)
        if pages.count() + len(files) > MAX_PAGES:
            raise Refused("too_many_pages", TOO_MANY_PAGES, 409)
        last = pages.aggregate(last=Max("number"))["last"] or 0
        return _store(sheet, files, content_types, last + 1)


def remove_page(page: SheetPage) -> None:
    """Delete a page with its cells; the sheet is then settled again. A worker that holds it can write nothing more."""
    with transaction.atomic():
        _lock(page.sheet)
        keys = list(page.cells.exclude(submission=None).values_list("submission", flat=True))
        lifecycle.delete(Submission.objects.filter(pk__in=keys))
        lifecycle.delete_pages(SheetPage.objects.filter(pk=page.pk))
        later = SheetPage.objects.filter(sheet=page.sheet_id, number__gt=page.number)
        later.update(number=F("number") - 1)
        Sheet.objects.filter(pk=page.sheet_id).update(settled_at=None)
        lifecycle.notify_sheet(page.sheet_id)


def rename_sheet(sheet: Sheet, title: str) -> None:
    """Give a sheet another title; "" for that of its template."""
    Sheet.objects.filter(pk=sheet.pk).update(title=title)
    sheet.title = title


def delete_sheet(sheet: Sheet) -> None:
    """Hide a sheet at once, and let workers write nothing more of it; the sweep deletes what is stored."""
    with transaction.atomic():
        if not Sheet.objects.filter(pk=sheet.pk, deleted_at=None).update(deleted_at=Now()):
            return
        audit.record(sheet.owner, "sheet.deleted", str(sheet.pk))
        lifecycle.cancel(SheetPage.objects.filter(sheet=sheet))
        lifecycle.notify_sheet(sheet.pk)
    lifecycle.cancel(Submission.objects.filter(owner=sheet.owner_id, sheet=sheet.pk))


def _check(files: Sequence[bytes]) -> list[str]:
    """Return the media type of each file. Raises as `create_sheet`. A PDF counts as one page until it is split."""
    if not files:
        raise Refused("no_pages", NO_PAGES)
    if len(files) > MAX_PAGES:
        raise Refused("too_many_pages", TOO_MANY_PAGES)
    found = []
    for number, data in enumerate(files, start=1):
        try:
            found.append(check_page_file(data, max_bytes=settings.UPLOAD_LIMIT_BYTES))
        except (UnreadableImage, TooLarge) as error:
            if len(files) > 1:
                error.args = (f"File {number}: {error}",)
            raise
    return found


def _lock(sheet: Sheet) -> None:
    """Lock the row of a sheet, which changes. Raises Refused, 410, if it was deleted meanwhile."""
    if not Sheet.objects.filter(pk=sheet.pk, deleted_at=None).update(settled_at=None):
        raise Refused("gone", GONE, 410)


def _store(sheet: Sheet, files: Sequence[bytes], content_types: Sequence[str], first: int) -> list[SheetPage]:
    pages = [
        SheetPage(sheet=sheet, owner=sheet.owner, number=first + place, kept_bytes=len(data))
        for place, data in enumerate(files)
    ]
    SheetPage.objects.bulk_create(pages)
    rows = ((page.pk, data, kind) for page, data, kind in zip(pages, files, content_types, strict=True))
    copy_rows(PageFile._meta.db_table, {"page_id": "uuid", "data": "bytea", "content_type": "varchar"}, rows)
    lifecycle.notify_of_pages()
    lifecycle.notify_sheet(sheet.pk)
    return pages
