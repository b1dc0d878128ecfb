"""How the API answers about one submission: status, body and the headers that tell a client what to do next."""

from rest_framework.response import Response

from predictions.models import Status, Submission
from predictions.web.serializers import newest_prediction, submission_body, submission_url

RETRY_AFTER_S = 1


def describe(submission: Submission, status: int = 200, **headers: str) -> Response:
    """Answer with a submission as it stands; while it is unfinished nothing may keep the answer."""
    is_finished = submission.finished_at is not None
    prediction = newest_prediction(submission) if submission.status == Status.SUCCEEDED else None
    headers["Cache-Control"] = "private, no-cache" if is_finished else "no-store"
    if not is_finished:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Response(submission_body(submission, prediction), status=status, headers=headers)


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
