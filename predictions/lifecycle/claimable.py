"""What becomes of a row of any kind. The condition of each transition is in its WHERE clause."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from predictions.models import QUEUED_CHANNEL, Claimable, ClaimableQuerySet, ErrorCode, Status
from predictions.monitoring import measures

M = TypeVar("M", bound=Claimable)

FINISHED_CHANNEL = "inkling_finished"  # NOTIFY's payload: a submission's public id, or the id of a job or a sheet
SOURCES: dict[Status, tuple[Status, ...]] = {
    Status.QUEUED: (Status.RUNNING, Status.FAILED),
    Status.RUNNING: (Status.QUEUED, Status.RUNNING),  # running again: the lease of the last claim expired
    Status.SUCCEEDED: (Status.RUNNING,),
    Status.FAILED: (Status.QUEUED, Status.RUNNING),
    Status.CANCELED: (Status.QUEUED, Status.RUNNING),
}
PUT_BACK_DELAY = timedelta(seconds=1)


def move(rows: ClaimableQuerySet[Any], to: Status, **stamps: Any) -> int:
    """Change the status of those of `rows` that may become `to`; return how many did.

    The condition is in the WHERE clause, so of two racing workers one changes the row and the other gets 0.
    """
    if to is not Status.RUNNING:
        stamps |= {"claim": None, "lease_until": None}
    if to in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED):
        stamps["finished_at"] = Now()
    moved = rows.filter(status__in=SOURCES[to]).update(status=to, **stamps)
    if moved and to is Status.FAILED:
        measures.count_failures(rows.model._meta.model_name, stamps["error_code"], moved)
    return moved


def of_claim(row: Claimable) -> ClaimableQuerySet[Any]:
    """Return a claimed row as long as its claim holds, else nothing."""
    found = type(row)._default_manager.filter(pk=row.pk, claim=row.claim)
    return cast(ClaimableQuerySet[Any], found)


def finish(row: Claimable, to: Status, **columns: Any) -> bool:
    """Move a claimed row to a final status; False if the claim was lost meanwhile. One query."""
    if not move(of_claim(row), to, **columns):
        return False
    row.status = to
    return True


def notify_workers() -> None:
    """Notify workers of new submissions, when this transaction commits. One query."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {QUEUED_CHANNEL}")  # nosemgrep: sql-from-parts (a constant)


def notify(ids: Iterable[object]) -> None:
    """Notify the web processes that wait for these rows, when this transaction commits. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, id) FROM unnest(%s::text[]) id", [FINISHED_CHANNEL, [str(id_) for id_ in ids]]
        )


def begin(rows: ClaimableQuerySet[Any], claim: UUID) -> int:
    """Claim rows under a fresh lease and count the attempt; return how many."""
    stamps = {"claim": claim, "lease_until": lease(rows.model), "attempts": F("attempts") + 1, "started_at": Now()}
    return move(rows, Status.RUNNING, **stamps)


def lease(kind: type[Claimable]) -> CombinedExpression:
    """Return the end of a lease of this kind of row that begins now."""
    return Now() + kind.lease_for()


def put_back(rows: ClaimableQuerySet[Any], **stamps: Any) -> int:
    """Return running rows to the queue; they can be claimed again after PUT_BACK_DELAY."""
    return move(rows.filter(status=Status.RUNNING), Status.QUEUED, available_at=Now() + PUT_BACK_DELAY, **stamps)


def release(rows: Sequence[Claimable]) -> int:
    """Return rows of one claim that were not begun to the queue, to be claimed at once; no attempt is counted."""
    held = type(rows[0])._default_manager.filter(claim=rows[0].claim, pk__in=[row.pk for row in rows])
    moved = move(
        cast(ClaimableQuerySet[Any], held).filter(status=Status.RUNNING),
        Status.QUEUED,
        available_at=Now(),
        attempts=F("attempts") - 1,
    )
    for row in rows:
        row.status = Status.QUEUED
    return moved


def hopeless(rows: ClaimableQuerySet[M], max_attempts: int) -> ClaimableQuerySet[M]:
    """Return those of `rows` that have used up their attempts, or whose deadline passed before they started."""
    return rows.filter(rows.model.late | Q(attempts__gte=max_attempts))


def give_up(rows: ClaimableQuerySet[Any]) -> int:
    """Fail those of `rows` that wait and are hopeless; a live last attempt goes on. One query if there are none."""
    rows = rows.waiting()  # part of every WHERE: a row claimed after it was found is no longer given up
    found = dict(hopeless(rows, settings.MAX_ATTEMPTS).values_list("pk", "id"))
    if not found:
        return 0
    with transaction.atomic():
        rows = rows.filter(pk__in=found)
        moved = move(rows.filter(rows.model.late), Status.FAILED, error_code=ErrorCode.DEADLINE)
        used_up = rows.filter(attempts__gte=settings.MAX_ATTEMPTS)
        moved += move(used_up, Status.FAILED, error_code=ErrorCode.GAVE_UP, **rows.model.given_up)
        notify(found.values())
    return moved


def cancel(rows: ClaimableQuerySet[Any]) -> int:
    """Cancel unfinished rows; a worker that holds one can no longer write. One query if there are none."""
    with transaction.atomic():
        found = dict(rows.unfinished().values_list("pk", "id"))
        if not found:
            return 0
        moved = move(rows.filter(pk__in=found), Status.CANCELED)
        notify(found.values())
    return moved


def delete(rows: ClaimableQuerySet[Any]) -> int:
    """Delete rows and all that belongs to them, whatever their status; return how many. All or nothing."""
    with transaction.atomic():
        keys = list(rows.select_for_update().values_list("pk", flat=True))
        rows = cast(ClaimableQuerySet[Any], rows.model._default_manager.filter(pk__in=keys))
        cancel(rows)  # a worker that holds one can then write nothing that belongs to it
        rows.delete()
    return len(keys)
