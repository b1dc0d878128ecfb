"""How the API answers about one submission: status, body and the headers that tell a client what to do next."""

from rest_framework.response import Response

from predictions.api.serializers import submission_body, submission_url
from predictions.models import Claimable, Submission
from predictions.services.readings import readings_of

RETRY_AFTER_S = 1


def describe(submission: Submission, status: int = 200, **headers: str) -> Response:
    """Answer with a submission as it stands; while it is unfinished nothing may keep the answer."""
    readings = [] if submission.finished_at is None else readings_of(submission)
    return Response(submission_body(submission, readings), status=status, headers=headers | freshness(submission))


def freshness(row: Claimable) -> dict[str, str]:
    """Return the headers that say how long an answer about `row` holds."""
    if row.finished_at is None:
        return {"Cache-Control": "no-store", "Retry-After": str(RETRY_AFTER_S)}
    return {"Cache-Control": "private, no-cache"}


def accept(submission: Submission, *, waited_s: int | None = None, is_replayed: bool = False) -> Response:
    """Answer who sent a drawing: 201 if it is finished, else 202, and where to ask.

    waited_s: the preference that was followed, if one was. is_replayed: an earlier request queued it.
    """
    headers = {"Location": submission_url(submission)}
    if waited_s is not None:
        headers["Preference-Applied"] = f"wait={waited_s}"
    if is_replayed:
        headers["Idempotent-Replayed"] = "true"
    return describe(submission, 202 if submission.finished_at is None else 201, **headers)
