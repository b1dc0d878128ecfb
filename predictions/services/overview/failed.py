"""Drawings that failed by our fault, such as while no model could be loaded, and putting them back into the queue."""

from django.db import transaction

from accounts import audit
from accounts.models import User
from predictions import lifecycle, tasks
from predictions.models import ErrorCode, Lane, Status, Submission, SubmissionQuerySet

MOST = 500  # at once
CAUSES = (ErrorCode.GAVE_UP, ErrorCode.NO_MODEL)  # what missed a deadline is of no use later


def _failed() -> SubmissionQuerySet:
    """Return the failed drawings of users, newest first; deleted and replaced ones need not be read any more."""
    rows = Submission.objects.filter(status=Status.FAILED, error_code__in=CAUSES, owner__isnull=False)
    return rows.filter(deleted_at=None, superseded_at=None).order_by("-key")


def count_failed() -> int:
    """Return how many could be put back, counted up to one more than MOST. One query."""
    return _failed()[: MOST + 1].count()


def retry_failed(by: User) -> int:
    """Put the newest MOST of them back into the bulk lane, behind what people wait for now; return how many."""
    with transaction.atomic():
        keys = list(_failed().select_for_update(skip_locked=True).values_list("pk", flat=True)[:MOST])
        count = lifecycle.retry_all(Submission.objects.filter(pk__in=keys), Lane.BULK)
        if count:
            audit.record(by, "submissions.retried", count=count)
            tasks.wake_worker(Lane.BULK)
    return count
