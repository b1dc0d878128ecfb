"""Delete what is past its time: deleted, superseded and guests' drawings, exports, keys, leases and sessions."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.guests import limits as guest_limits
from accounts.identity import sessions
from accounts.limits import counts
from accounts.models import ApiToken, Invitation, User
from predictions import lifecycle
from predictions.models import (
    Deletion,
    Drawing,
    Export,
    ExportPart,
    IdempotencyKey,
    ReadAgainRequest,
    ReviewEntry,
    ReviewLease,
    ReviewRequest,
    ShadowReading,
    Source,
    Status,
    Submission,
    WorkerSeen,
)
from predictions.worker import slices
from predictions.worker.complete_deletion import CONTENT, delete_completely
from predictions.worker.sheets import deletion as sheets
from predictions.worker.slices import Outcome, in_slices

MINUTE = timedelta(minutes=1)  # a deleted drawing can be restored for less than that
DAY = timedelta(days=1)
SHADOWS_KEPT_FOR = timedelta(days=30)
ENTRIES_KEPT_FOR = timedelta(days=30)  # what a reviewer skipped comes again after that
REQUESTS_KEPT_FOR = timedelta(days=90)
EXPIRED_KEPT_FOR = timedelta(days=30)  # tokens and invitations: their list says "expired" for so long


def delete_expired() -> Outcome:
    """Delete all that is past its time, as the scheduled tasks do one by one."""
    tasks = (delete_guests, delete_deleted, delete_superseded, delete_exports, delete_keys, delete_sessions)
    return sum((task() for task in (*tasks, delete_counts, delete_remains)), Outcome())


def delete_guests() -> Outcome:
    """Delete the drawings of guests that are past their hour, rows and all."""
    return in_slices(lambda: delete_completely(Submission.objects.expired_guests()))


def delete_deleted() -> Outcome:
    """Empty what was deleted a minute ago, and delete the rows a day later; of sheets, all at once."""
    _forbid_undoing()
    return in_slices(lambda: _delete_content(), lambda: _delete_rows()) + sheets.delete_deleted()


def delete_superseded() -> Outcome:
    """Delete submissions that others replaced, and golden digits, past their last day."""
    superseded = Submission.objects.filter(superseded_at__lt=Now() - DAY)
    golden = Submission.objects.filter(guest_key=Source.GOLDEN, created_at__lt=Now() - DAY)
    return in_slices(lambda: delete_completely(superseded), lambda: delete_completely(golden))


def delete_keys() -> Outcome:
    """Delete idempotency keys after a day, and tokens and invitations that expired long ago."""
    lately_deleted = Submission.objects.filter(deleted_at__gt=Now() - DAY)
    keys = IdempotencyKey.objects.filter(created_at__lt=Now() - DAY).exclude(submission__in=lately_deleted)
    tokens = ApiToken.objects.filter(expiry__lt=Now() - EXPIRED_KEPT_FOR)
    invitations = Invitation.objects.filter(expires_at__lt=Now() - EXPIRED_KEPT_FOR, used_at=None)
    return _delete_rows_of(keys, tokens, invitations)


def delete_sessions() -> Outcome:
    """Delete expired sessions."""
    return in_slices(lambda: sessions.delete_expired(slices.SLICE))


def delete_counts() -> Outcome:
    """Delete the counts of windows that have ended."""
    return Outcome(guest_limits.delete_expired() + counts.delete_expired())


def delete_remains() -> Outcome:
    """Delete what is kept for some days: readings in shadow, requests, leases, workers, and images for a retry."""
    originals = Drawing.objects.filter(is_original=True, submission__finished_at__lt=Now() - DAY)

    def forget_originals() -> int:  # unreadable images, kept for a day for a retry
        keys = list(originals.values_list("pk", flat=True)[: slices.SLICE])
        return Drawing.objects.filter(pk__in=keys).update(image=b"", image_type="", is_original=False)

    return in_slices(forget_originals) + _delete_rows_of(
        ShadowReading.objects.filter(submission__deleted_at__lt=Now() - MINUTE),  # older code leaves them
        ShadowReading.objects.filter(created_at__lt=Now() - SHADOWS_KEPT_FOR),
        WorkerSeen.objects.filter(seen_at__lt=Now() - DAY),
        ReviewLease.objects.filter(lease_until__lt=Now() - DAY),
        ReviewEntry.objects.filter(created_at__lt=Now() - ENTRIES_KEPT_FOR),
        ReviewRequest.objects.filter(created_at__lt=Now() - REQUESTS_KEPT_FOR),
        Deletion.objects.filter(at__lt=Now() - DAY),
        ReadAgainRequest.objects.filter(asked_at__lt=Now() - REQUESTS_KEPT_FOR),
    )


def _delete_rows_of(*all_rows: QuerySet[Any]) -> Outcome:
    """Delete rows that nothing else belongs to, in slices."""

    def slice_of(rows: QuerySet[Any]) -> int:
        keys = list(rows.values_list("pk", flat=True)[: slices.SLICE])
        rows.model._default_manager.filter(pk__in=keys).delete()
        return len(keys)

    return in_slices(*(lambda rows=rows: slice_of(rows) for rows in all_rows))


@transaction.atomic
def _forbid_undoing() -> None:
    """Rule out that older deletions are undone from now on; one that is being undone right now is left."""
    older = Deletion.objects.filter(at__lt=Now() - MINUTE, restored_at=None, emptied_at=None)
    Deletion.objects.filter(pk__in=older.select_for_update(skip_locked=True).values("pk")).update(emptied_at=Now())


@transaction.atomic
def _delete_content() -> int:
    """Delete the content of up to SLICE deleted submissions, all or nothing; return how many.

    Their rows stay for a day and answer 410. Those of a deletion that could still be undone are left.
    """
    of_deletion = Deletion.objects.filter(owner=OuterRef("owner"), at=OuterRef("deleted_at"))
    past = Submission.objects.filter(deleted_at__lt=Now() - MINUTE, drawing__isnull=False)
    past = past.exclude(Exists(of_deletion.filter(restored_at=None, emptied_at=None)))
    keys = list(past.values_list("pk", flat=True)[: slices.SLICE])
    deleted = Submission.objects.filter(pk__in=keys)
    lifecycle.cancel(deleted)
    for model in CONTENT:
        model.objects.filter(submission__in=keys).delete()
    reading = {"text": "", "written": "", "reasons": None, "verdict": "", "confidence": None}
    deleted.update(**reading, expects=None, label=None, label_by="", kept_bytes=0, body_sha256="")
    return len(keys)


@transaction.atomic
def _delete_rows() -> int:
    """Delete up to SLICE submissions past their last day, and their idempotency keys; return how many."""
    past = Submission.objects.filter(deleted_at__lt=Now() - DAY).values_list("pk", flat=True)[: slices.SLICE]
    keys = list(past)
    IdempotencyKey.objects.filter(submission__in=keys, created_at__lt=Now() - DAY).delete()
    Submission.objects.filter(pk__in=keys).delete()
    return len(keys)


def delete_exports() -> Outcome:
    """Delete exports that expired or whose owner older code deleted, and what failed ones and finished ones leave."""
    expired = list(Export.objects.expired().values_list("pk", flat=True)[: slices.SLICE])
    expired += Export.objects.exclude(owner__in=User.objects.all()).values_list("pk", flat=True)[: slices.SLICE]
    lifecycle.delete_exports(Export.objects.filter(pk__in=expired))
    Export.objects.finished().exclude(status=Status.SUCCEEDED).delete_chunks()
    ExportPart.objects.filter(export__in=Export.objects.finished()).delete()
    return Outcome(len(set(expired)), is_finished=len(expired) < slices.SLICE)
