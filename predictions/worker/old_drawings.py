"""Delete users' drawings that are older than RETENTION_DAYS, if the site keeps them no longer."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from accounts import audit
from predictions.models import Submission
from predictions.worker.complete_deletion import delete_completely
from predictions.worker.sheets import deletion as sheets
from predictions.worker.slices import Outcome, in_slices


def delete_old() -> Outcome:
    """Delete finished drawings and sheets of users that were sent more than RETENTION_DAYS ago, the oldest first.

    All that belongs to them goes too, reviews and readings included; how many is recorded in the audit log, and not
    which. Reviewed drawings and those that may train models are no exception: a time limit that a person relies on
    holds for all they have drawn. What has not been read yet is left until it was, or has failed.
    """
    days = settings.RETENTION_DAYS
    if not days:
        return Outcome()
    rows = (
        Submission.objects.finished()
        .current()
        .filter(owner__isnull=False, deleted_at=None, created_at__lt=Now() - timedelta(days=days))
    )
    seen: list[datetime] = []

    def delete_slice() -> int:
        """Go on after what is gone, whose entries are still in the index."""
        later = rows.filter(created_at__gte=seen[-1]) if seen else rows
        oldest = later.order_by("created_at").values_list("created_at", flat=True)[:1]
        seen.extend(oldest)
        return delete_completely(later.order_by("created_at"))

    outcome = in_slices(delete_slice)
    if outcome.count:
        audit.record(None, "submissions.expired", count=outcome.count, days=days)
    return outcome + sheets.delete_old(days)
