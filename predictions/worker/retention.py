"""Delete what is past its time: deleted, superseded and guests' drawings, exports, keys, leases and sessions."""

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts.guests import limits as guest_limits
from accounts.identity import sessions
from accounts.limits import counts
from accounts.models import User
from predictions import lifecycle
from predictions.models import (
    Deletion,
    DoubleReview,
    Drawing,
    Export,
    ExportPart,
    IdempotencyKey,
    Job,
    KnownAnswer,
    Prediction,
    ReadAgainRequest,
    Review,
    ReviewEntry,
    ReviewLease,
    ReviewRequest,
    ShadowReading,
    Source,
    Status,
    Submission,
    WorkerSeen,
)

MINUTE = timedelta(minutes=1)  # a deleted drawing can be restored for less than that
SLICE = 500  # submissions of one transaction
BUDGET_S = 5.0  # for deleted submissions; a sweep comes every 30 s
DAY = timedelta(days=1)
SHADOWS_KEPT_FOR = timedelta(days=30)
ENTRIES_KEPT_FOR = timedelta(days=30)  # what a reviewer skipped comes again after that
REQUESTS_KEPT_FOR = timedelta(days=90)
CONTENT = (  # jobs first: a running one can then write no prediction
    Job,
    ShadowReading,
    Prediction,
    DoubleReview,
    KnownAnswer,
    Review,
    Drawing,
)


def delete_expired() -> None:
    """Delete what is past its time by Postgres' clock. About 20 queries if there is nothing to delete."""
    lifecycle.delete(Submission.objects.expired_guests())  # rows and all
    _forbid_undoing()
    enough_at = time.monotonic() + BUDGET_S
    for step in (_delete_content, _delete_rows):
        while step() == SLICE and time.monotonic() < enough_at:  # else the next sweep goes on
            pass
    _delete_superseded()
    ShadowReading.objects.filter(submission__deleted_at__lt=Now() - MINUTE).delete()  # older code leaves them
    ShadowReading.objects.filter(created_at__lt=Now() - SHADOWS_KEPT_FOR).delete()
    originals = Drawing.objects.filter(is_original=True, submission__finished_at__lt=Now() - DAY)
    originals.update(image=b"", image_type="", is_original=False)  # unreadable images, kept for a day for a retry
    _delete_exports()
    WorkerSeen.objects.filter(seen_at__lt=Now() - DAY).delete()
    ReviewLease.objects.filter(lease_until__lt=Now() - DAY).delete()
    ReviewEntry.objects.filter(created_at__lt=Now() - ENTRIES_KEPT_FOR).delete()
    ReviewRequest.objects.filter(created_at__lt=Now() - REQUESTS_KEPT_FOR).delete()
    Deletion.objects.filter(at__lt=Now() - DAY).delete()
    ReadAgainRequest.objects.filter(asked_at__lt=Now() - REQUESTS_KEPT_FOR).delete()
    sessions.delete_expired()
    guest_limits.delete_expired()
    counts.delete_expired()


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
    keys = list(past.values_list("pk", flat=True)[:SLICE])
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
    past = Submission.objects.filter(deleted_at__lt=Now() - DAY).values_list("pk", flat=True)[:SLICE]
    keys = list(past)
    IdempotencyKey.objects.filter(submission__in=keys, created_at__lt=Now() - DAY).delete()
    Submission.objects.filter(pk__in=keys).delete()
    return len(keys)


@transaction.atomic
def _delete_superseded() -> None:
    """Delete superseded submissions past their last day, and expired idempotency keys, all or nothing."""
    Submission.objects.filter(superseded_at__lt=Now() - DAY).delete()
    Submission.objects.filter(guest_key=Source.GOLDEN, created_at__lt=Now() - DAY).delete()
    lately_deleted = Submission.objects.filter(deleted_at__gt=Now() - DAY)
    IdempotencyKey.objects.filter(created_at__lt=Now() - DAY).exclude(submission__in=lately_deleted).delete()


def _delete_exports() -> None:
    """Delete exports that expired or whose owner older code deleted, and what failed ones and finished ones leave."""
    lifecycle.delete_exports(Export.objects.expired())
    lifecycle.delete_exports(Export.objects.exclude(owner__in=User.objects.all()))
    Export.objects.finished().exclude(status=Status.SUCCEEDED).delete_chunks()
    ExportPart.objects.filter(export__in=Export.objects.finished()).delete()
