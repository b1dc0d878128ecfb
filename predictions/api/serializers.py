"""Rows as the API shows them."""

from typing import Any

from django.urls import reverse

from predictions.models import Claimable, ErrorCode, Prediction, Status, Submission
from predictions.services.readings import own_reading, result_body


def submission_url(submission: Submission) -> str:
    """Return the path under which the API answers for `submission`."""
    return reverse("api-submission", args=[submission.id])


def _common_body(submission: Submission) -> dict[str, Any]:
    return {
        "id": str(submission.id),
        "url": submission_url(submission),
        "status": submission.status,
        "source": submission.source,
        "batch": submission.batch and str(submission.batch),
        "created_at": submission.created_at,
        "finished_at": submission.finished_at,
        "label": label_body(submission),
        "error": error_body(submission),
    }


def submission_body(submission: Submission, readings: list[Prediction]) -> dict[str, Any]:
    """Return a submission as JSON: its own answer as `result`, all other readings beside it."""
    own = own_reading(submission, readings)
    return {
        **_common_body(submission),
        "result": result_body(own) if own else None,
        "readings": [result_body(other) for other in readings if other is not own],
    }


def listed_body(submission: Submission) -> dict[str, Any]:
    """Return a submission as lists show it: what stands in its row, so no other table is touched."""
    is_read = submission.status == Status.SUCCEEDED
    return {
        **_common_body(submission),
        "text": submission.text if is_read else None,
        "verdict": submission.verdict if is_read else None,
        "confidence": submission.confidence,
    }


def label_body(submission: Submission) -> dict[str, Any] | None:
    """Return what a person said is true, or None."""
    if submission.label is None:
        return None
    return {"text": submission.label, "is_digit": submission.label != "", "by": submission.label_by}


def error_body(row: Claimable) -> dict[str, str] | None:
    """Return why a submission or an errand failed, with the sentence for its owner, or None."""
    if row.status != Status.FAILED:
        return None
    return {"code": row.error_code, "message": ErrorCode(row.error_code).in_english}
