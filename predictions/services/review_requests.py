"""Ask for reviews of chosen drawings, whatever their verdict: review mode gives them to reviewers first."""

from collections.abc import Sequence

from django.db import transaction

from accounts import audit
from accounts.models import User
from predictions.models import ReviewRequest, Submission


def request_reviews(keys: Sequence[int], by: User) -> int:
    """Mark those of these drawings that were read and that no reviewer has reviewed; return how many. Four queries."""
    with transaction.atomic():
        found = list(Submission.objects.not_reviewed().filter(pk__in=keys).values_list("pk", "id"))
        requests = [ReviewRequest(submission_id=key, requested_by=by) for key, _ in found]
        ReviewRequest.objects.bulk_create(requests, ignore_conflicts=True)
        if found:
            ids = [str(id_) for _, id_ in found]
            audit.record(by, "submissions.review_requested", ids[0], count=len(ids), ids=ids)
    return len(found)
