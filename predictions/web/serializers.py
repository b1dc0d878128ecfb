"""Rows as the API shows them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.urls import reverse

from predictions.models import Claimable, ErrorCode, ModelVersion, Prediction, Status, Submission

READINGS = "SELECT * FROM predictions_prediction WHERE submission_id = ANY(%s) ORDER BY id"
KEPT = "_kept_readings"  # where a submission holds them until its answer is written


def readings_of(submission: Submission) -> list[Prediction]:
    """Give a submission's readings with their model versions, oldest first. One query, none right after a wait."""
    kept: list[Prediction] | None = submission.__dict__.pop(KEPT, None)
    return readings_by_key([submission.pk])[submission.pk] if kept is None else kept


def keep_readings(submissions: Sequence[Submission]) -> None:
    """Look up the readings of several, so that the next `readings_of` each of them asks nothing. One query."""
    readings = readings_by_key([submission.pk for submission in submissions]) if submissions else {}
    for submission in submissions:
        submission.__dict__[KEPT] = readings[submission.pk]


def readings_by_key(keys: Sequence[int]) -> dict[int, list[Prediction]]:
    """Give the readings of each of these submissions. One query; plain SQL at half the cost of the ORM's."""
    readings: dict[int, list[Prediction]] = {key: [] for key in keys}
    for reading in Prediction.objects.raw(READINGS, [list(keys)]):
        reading.model_version = _version(reading.model_version_id)
        readings[reading.submission_id].append(reading)
    return readings


@lru_cache(maxsize=1_000)
def _version(key: int) -> ModelVersion:
    """Give a model version for its name and hash, which never change; without its card."""
    return ModelVersion.objects.defer("card").get(pk=key)


def own_reading(submission: Submission, readings: list[Prediction]) -> Prediction | None:
    """Give the one of `readings` that is the submission's answer: the first. What failed has none."""
    return readings[0] if submission.status == Status.SUCCEEDED and readings else None


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


def submission_body(submission: Submission, readings: list[Prediction]) -> dict[str, Any]:
    """Give a submission as JSON: its own answer as `result`, all other readings beside it."""
    own = own_reading(submission, readings)
    return {
        **_common_body(submission),
        "result": result_body(own) if own else None,
        "readings": [result_body(other) for other in readings if other is not own],
    }


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
    return {
        **prediction.reading,
        "model": model_body(prediction.model_version),
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


def model_body(version: ModelVersion) -> dict[str, str]:
    """Give who read it."""
    return {"version": version.name, "sha256": version.sha256}


def label_body(submission: Submission) -> dict[str, Any] | None:
    """Give what a person said is true, or None."""
    if submission.label is None:
        return None
    return {"text": submission.label, "is_digit": submission.label != "", "by": submission.label_by}


def error_body(row: Claimable) -> dict[str, str] | None:
    """Give why a submission or an errand failed, with the sentence for its owner, or None."""
    if row.status != Status.FAILED:
        return None
    return {"code": row.error_code, "message": ErrorCode(row.error_code).in_english}
