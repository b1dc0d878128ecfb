"""The readings of submissions, looked up in few queries, and as plain data."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from predictions.models import Drawing, ModelVersion, Prediction, Status, Submission

READINGS = "SELECT * FROM predictions_prediction WHERE submission_id = ANY(%s) ORDER BY id"
KEPT = "_kept_readings"  # where a submission holds them until its answer is written


def readings_of(submission: Submission) -> list[Prediction]:
    """Return a submission's readings with their model versions, oldest first. One query, none right after a wait."""
    kept: list[Prediction] | None = submission.__dict__.pop(KEPT, None)
    return readings_by_key([submission.pk])[submission.pk] if kept is None else kept


def keep_readings(submissions: Sequence[Submission]) -> None:
    """Look up the readings of several, so that the next `readings_of` each of them asks nothing. One query."""
    readings = readings_by_key([submission.pk for submission in submissions]) if submissions else {}
    for submission in submissions:
        submission.__dict__[KEPT] = readings[submission.pk]


def readings_by_key(keys: Sequence[int]) -> dict[int, list[Prediction]]:
    """Return the readings of each of these submissions. One query; plain SQL at half the cost of the ORM's."""
    readings: dict[int, list[Prediction]] = {key: [] for key in keys}
    for reading in Prediction.objects.raw(READINGS, [list(keys)]):
        reading.model_version = _version(reading.model_version_id)
        readings[reading.submission_id].append(reading)
    return readings


@lru_cache(maxsize=1_000)
def _version(key: int) -> ModelVersion:
    """Return a model version for its name and hash, which never change; without its card."""
    return ModelVersion.objects.defer("card").get(pk=key)


def own_reading(submission: Submission, readings: list[Prediction]) -> Prediction | None:
    """Return the one of `readings` that is the submission's answer: the first. What failed has none."""
    return readings[0] if submission.status == Status.SUCCEEDED and readings else None


def result_body(prediction: Prediction) -> dict[str, Any]:
    """Return a reading with who read it, and its receipt."""
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
    """Return who read it."""
    return {"version": version.name, "sha256": version.sha256}


def thumbnail_of(submission: Submission) -> bytes:
    """Return a drawing's small picture as PNG; empty until a worker has made one. One query."""
    return bytes(Drawing.objects.filter(submission=submission).values_list("thumbnail", flat=True).first() or b"")
