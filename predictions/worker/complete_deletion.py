"""Delete submissions with all that belongs to them, not only what Django's cascades know of."""

from django.db import transaction

from predictions import lifecycle
from predictions.models import (
    DoubleReview,
    Drawing,
    Job,
    KnownAnswer,
    Prediction,
    Review,
    ReviewEntry,
    ReviewLease,
    ReviewRequest,
    ShadowReading,
    Submission,
    SubmissionQuerySet,
)
from predictions.worker import slices

CONTENT = (  # jobs first: a running one can then write no prediction
    Job,
    ShadowReading,
    Prediction,
    DoubleReview,
    KnownAnswer,
    Review,
    Drawing,
)
OF_DRAWINGS = (ReviewLease, ReviewEntry, ReviewRequest)  # whose rows do not go with a drawing by themselves


@transaction.atomic
def delete_completely(rows: SubmissionQuerySet) -> int:
    """Delete up to SLICE of these submissions with all that belongs to them, all or nothing; return how many.

    Rows that others have locked are left for another time. A worker that holds one can then write nothing.
    """
    keys = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[: slices.SLICE])
    if not keys:
        return 0
    found = Submission.objects.filter(pk__in=keys)
    lifecycle.cancel(found)
    for model in (*OF_DRAWINGS, *CONTENT):
        model._default_manager.filter(submission__in=keys).delete()
    found.delete()
    return len(keys)
