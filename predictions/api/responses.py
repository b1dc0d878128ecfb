"""Build the API's answers about submissions, with plain functions for speed; `serializers` defines their fields."""

from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from rest_framework.response import Response

from predictions.models import Claimable, Prediction, Status, Submission
from predictions.services.readings import label_body, own_reading, readings_of, reasons_body, result_body

RETRY_AFTER_S = 1
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}  # of files


class ResponseParts(NamedTuple):
    """What a response says, before DRF or Django makes one of it."""

    body: dict[str, Any]
    status: int
    headers: dict[str, str]

    def as_response(self) -> Response:
        """Return it as DRF's response."""
        return Response(self.body, status=self.status, headers=self.headers)


def respond(submission: Submission, status: int = 200) -> Response:
    """Return a response that shows `submission`."""
    return describe(submission, status).as_response()


def describe(submission: Submission, status: int = 200, **headers: str) -> ResponseParts:
    """Return what a response that shows `submission` says."""
    readings = [] if submission.finished_at is None else readings_of(submission)
    return ResponseParts(submission_body(submission, readings), status, headers | cache_headers(submission))


def describe_accepted(
    submission: Submission, *, waited_s: int | None = None, is_replayed: bool = False
) -> ResponseParts:
    """Return what the response to a drawing that was sent says: 201 if it is finished, else 202.

    Args:
        submission: the stored submission.
        waited_s: the `Prefer: wait` that was applied, if any.
        is_replayed: whether an earlier request created it.
    """
    headers = {"Location": submission_url(submission)}
    if waited_s is not None:
        headers["Preference-Applied"] = f"wait={waited_s}"
    if is_replayed:
        headers["Idempotent-Replayed"] = "true"
    return describe(submission, 202 if submission.finished_at is None else 201, **headers)


def cache_headers(row: Claimable) -> dict[str, str]:
    """Return headers that forbid caching of an unfinished row and say when to ask again."""
    if row.finished_at is None:
        return {"Cache-Control": "no-store", "Retry-After": str(RETRY_AFTER_S)}
    return {"Cache-Control": "private, no-cache"}


def submission_url(submission: Submission) -> str:
    """Return the path of `submission` in the API; a guest's has one that only its session may use."""
    return _url_of("api-guest-drawing" if submission.is_guests else "api-submission") % submission.id


@cache
def _url_of(route: str) -> str:
    """Return the path of a route, with %s for the id: `reverse` costs as much as the rest of a body."""
    no_id = UUID(int=0)
    return reverse(route, args=[no_id]).replace(str(no_id), "%s")


def submission_body(submission: Submission, readings: list[Prediction]) -> dict[str, Any]:
    """Return a submission as JSON: the first reading as `result`, the others as `readings`."""
    own = own_reading(submission, readings)
    return {
        **_common_body(submission),
        "result": result_body(own, submission) if own else None,
        "readings": [result_body(other, submission) for other in readings if other is not own],
    }


def listed_body(submission: Submission) -> dict[str, Any]:
    """Return a submission as lists show it, from its own row alone. No query."""
    is_read = submission.status == Status.SUCCEEDED
    return {
        **_common_body(submission),
        "text": submission.text if is_read else None,
        "verdict": submission.verdict if is_read else None,
        "confidence": submission.confidence,
        "written": submission.written if is_read else None,
        "reasons": reasons_body(submission.reasons),
    }


def failure_body(row: Claimable) -> dict[str, str] | None:
    """Return why a submission or a job failed, or None if it did not."""
    if row.status != Status.FAILED:
        return None
    with translation.override("en"):
        return {"code": row.error_code, "message": row.failure_text}


def _common_body(submission: Submission) -> dict[str, Any]:
    return {
        "id": str(submission.id),
        "url": submission_url(submission),
        "status": submission.status,
        "source": submission.source,
        "batch": submission.batch and str(submission.batch),
        "created_at": submission.created_at,
        "finished_at": submission.finished_at,
        "expects": submission.expects,
        "may_train": submission.may_train,
        "label": label_body(submission),
        "error": failure_body(submission),
    }
