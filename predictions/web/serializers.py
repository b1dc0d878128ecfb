"""Rows as the API shows them."""

from typing import Any

from django.urls import reverse

from predictions.models import ErrorCode, Prediction, Status, Submission


def newest_prediction(submission: Submission) -> Prediction | None:
    """Give the newest reading of a submission with its model version, without the card. One query."""
    rows = Prediction.objects.filter(submission=submission).select_related("model_version").defer("model_version__card")
    return rows.order_by("-pk").first()


def submission_url(submission: Submission) -> str:
    """Give the path under which the API answers for `submission`."""
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


def submission_body(submission: Submission, prediction: Prediction | None) -> dict[str, Any]:
    """Give a submission as JSON; `prediction` its newest reading."""
    return {**_common_body(submission), "result": result_body(prediction) if prediction else None}


def listed_body(submission: Submission) -> dict[str, Any]:
    """Give a submission as lists show it: what stands in its row, so no other table is touched."""
    is_read = submission.status == Status.SUCCEEDED
    return {
        **_common_body(submission),
        "text": submission.text if is_read else None,
        "verdict": submission.verdict if is_read else None,
        "confidence": submission.confidence,
    }


def result_body(prediction: Prediction) -> dict[str, Any]:
    """Give a reading with who read it, and its receipt."""
    version = prediction.model_version
    return {
        **prediction.reading,
        "model": {"version": version.name, "sha256": version.sha256},
        "receipt": {
            "runtime": prediction.runtime,
            "device": prediction.device,
            "worker": prediction.worker,
            "batch_size": prediction.batch_size,
            "queued_at": prediction.queued_at,
            "started_at": prediction.started_at,
            "finished_at": prediction.finished_at,
        },
    }


def label_body(submission: Submission) -> dict[str, Any] | None:
    """Give what a person said is true, or None."""
    if submission.label is None:
        return None
    return {"text": submission.label, "is_digit": submission.label != "", "by": submission.label_by}


def error_body(submission: Submission) -> dict[str, str] | None:
    """Give why a submission failed, with the sentence for its owner, or None."""
    if submission.status != Status.FAILED:
        return None
    return {"code": submission.error_code, "message": ErrorCode(submission.error_code).in_english}
