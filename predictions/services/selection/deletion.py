"""Delete drawings, one or many, so that exactly these can be restored.

A deleted row has the time of its deletion, and no two deletions of a person have the same, by a constraint. Undoing one
takes its row first, and so does retention before it empties anything: one of the two wins.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from predictions.models import Deletion, Submission, SubmissionQuerySet
from predictions.models.selections import ClockTimestamp
from predictions.services import quotas
from predictions.services.selection.chosen import Selection, find_keys, rows_of

SLICE = 2_000  # rows of a statement
PAUSE_S = 0.01  # after each, so that what others write meanwhile reaches the disk
FEW = 100  # so many ids are named in the audit log
PATIENCE_S = 12  # for another deletion of the same person to end
ATTEMPTS = 100


def delete_rows(owner: User, rows: SubmissionQuerySet) -> int:
    """Hide a few rows of `owner`, in the caller's transaction; return how many were not hidden before."""
    with transaction.atomic():
        deletion = _begin(owner)
        count = rows.filter(owner=owner, deleted_at=None).update(deleted_at=deletion.at)
        if count:
            Deletion.objects.filter(pk=deletion.pk).update(count=count)
        else:
            deletion.delete()
    return count


def delete_selected(owner: User, selection: Selection) -> Deletion | None:
    """Hide what is selected, all or nothing; return the deletion, or None if nothing was selected any more.

    Unfinished drawings may still be read, and are restored as they are then. At most MOST_ROWS are deleted at once.
    """
    with transaction.atomic():
        _take_turns(owner)
        deletion = _begin(owner)
        deletion.count = _stamp(find_keys(selection.rows), None, deletion.at)
        if deletion.count == 0:
            deletion.delete()
            return None
        Deletion.objects.filter(pk=deletion.pk).update(count=deletion.count, ended_at=ClockTimestamp())
        audit.record(owner, "submissions.deleted", str(deletion.count), **_details(deletion))
    return deletion


def restore(owner: User, id_: UUID) -> int | None:
    """Restore what one deletion hid, and nothing else; return how many, or None if it is too late or not theirs.

    Restoring twice changes nothing more and returns the same.
    """
    with transaction.atomic():
        _take_turns(owner)
        own = Deletion.objects.filter(pk=id_, owner=owner)
        ours = Deletion.objects.filter(pk__in=own.restorable().values("pk"), restored_at=None, emptied_at=None)
        is_restored = ours.update(restored_at=Now())
        deletion = own.exclude(restored_at=None).first()
        if deletion is None:
            return None
        if is_restored:
            audit.record(owner, "submissions.restored", str(deletion.count), **_details(deletion))
            _stamp(find_keys(_rows_of(deletion)), deletion.at, None)
    return deletion.count


def find_restorable(owner: User, id_: UUID) -> tuple[int, timedelta] | None:
    """Return how many drawings a deletion hid, and how long it can still be undone; or None. One query."""
    found = Deletion.objects.filter(pk=id_, owner=owner).restorable().first()
    return (found.count, found.time_left) if found else None


def _take_turns(owner: User) -> None:
    """Wait for another deletion of the same person to end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{PATIENCE_S}s"])
    quotas.take_turns(f"deletion {owner.pk}")


def _begin(owner: User) -> Deletion:
    """Record a deletion at a time of its own."""
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return Deletion.objects.create(owner=owner)
        except IntegrityError:  # another one in this very microsecond
            continue
    raise IntegrityError("no time is free for a deletion")


def _rows_of(deletion: Deletion) -> SubmissionQuerySet:
    return Submission.objects.filter(owner=deletion.owner_id, deleted_at=deletion.at)


def _details(deletion: Deletion) -> dict[str, Any]:
    """Return what the audit log says of the rows of a deletion, which are deleted now."""
    if deletion.count > FEW:
        return {"count": deletion.count}
    ids = _rows_of(deletion).values_list("id", flat=True)
    return {"count": deletion.count, "ids": [str(id_) for id_ in ids]}


def _stamp(found: Sequence[tuple[int, Any]], was: datetime | None, now: datetime | None) -> int:
    """Change `deleted_at` of rows from `was` to `now`, those last that a worker may be reading; return how many.

    A worker that finishes a batch waits for each row that is locked, and holds others meanwhile. So the unfinished ones
    are locked for a moment only, and all at once or not at all: nobody then waits for somebody who waits for them.
    """
    count = 0
    finished = sorted(key for key, finished_at in found if finished_at is not None)
    for start in range(0, len(finished), SLICE):
        if start:
            time.sleep(PAUSE_S)
        count += rows_of(finished[start : start + SLICE]).filter(deleted_at=was).update(deleted_at=now)
    if unfinished := [key for key, finished_at in found if finished_at is None]:
        _lock(rows_of(unfinished))
        count += rows_of(unfinished).filter(deleted_at=was).update(deleted_at=now)
    return count


def _lock(rows: SubmissionQuerySet) -> None:
    """Lock rows until the transaction ends, holding none of them while waiting for another."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                list(rows.order_by("key").select_for_update(nowait=True, no_key=True).values_list("key", flat=True))
                return
        except OperationalError:  # a worker claims or finishes one of them, which takes milliseconds
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.02)
