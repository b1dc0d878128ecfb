"""Pages of sheets."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from predictions.lifecycle.claimable import PUT_BACK_DELAY, cancel, finish, move, notify, of_claim
from predictions.models import (
    PAGES,
    QUEUED_CHANNEL,
    CellChange,
    ClaimableQuerySet,
    ErrorCode,
    PageFile,
    SheetCell,
    SheetPage,
    Status,
)


def notify_of_pages() -> None:
    """Notify workers that pages of sheets wait, when this transaction commits. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [QUEUED_CHANNEL, PAGES])


def notify_sheet(id_: UUID) -> None:
    """Notify the web processes that wait for news of a sheet, when this transaction commits. One query."""
    notify([id_])


def complete_page(page: SheetPage, **columns: Any) -> bool:
    """Finish a claimed page of a sheet; False if the claim was lost meanwhile.

    Call it in the transaction that stores the cells, before them. Two queries.
    """
    is_ours = finish(page, Status.SUCCEEDED, **columns)
    if is_ours:
        notify_sheet(page.sheet_id)
    return is_ours


def fail_page(page: SheetPage, code: ErrorCode, **columns: Any) -> bool:
    """End a claimed page of a sheet with a reason; False if the claim was lost meanwhile. Two queries."""
    is_ours = finish(page, Status.FAILED, error_code=code, **columns)
    if is_ours:
        notify_sheet(page.sheet_id)
    return is_ours


def postpone_page(page: SheetPage) -> bool:
    """Return a claimed page to the queue for PUT_BACK_DELAY at least, its attempt not counted. One query."""
    moved = move(of_claim(page), Status.QUEUED, available_at=Now() + PUT_BACK_DELAY, attempts=F("attempts") - 1)
    page.status = Status.QUEUED
    return bool(moved)


def delete_pages(rows: ClaimableQuerySet[SheetPage]) -> int:
    """Delete pages of sheets with their cells, but not the cells' submissions; return how many. All or nothing.

    Five queries, however many cells: Django's cascades would load each of them.
    """
    with transaction.atomic():
        keys = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
        cancel(SheetPage.objects.filter(pk__in=keys))  # a worker that holds one can then store no cells
        for owned, of in ((CellChange, "cell__page"), (SheetCell, "page"), (PageFile, "page"), (SheetPage, "pk")):
            found = owned._default_manager.filter(**{f"{of}__in": keys})
            found._raw_delete(found.db)
    return len(keys)
