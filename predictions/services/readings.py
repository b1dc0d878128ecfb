"""Load the readings of submissions in few queries, and turn them into JSON."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.functional import Promise

from accounts.postgres.prepared import run_prepared
from predictions import cached_sql
from predictions.models import Drawing, ModelVersion, Prediction, Status, Submission
from predictions.services.labels import PROBLEMS, reason_label

MISSING: dict[str, Any] = {"written": "", "symbols": [], "reasons": [], "alternatives": []}  # in readings of older code
READINGS = f"""
    SELECT {cached_sql.columns_of(Prediction)} FROM predictions_prediction WHERE submission_id = ANY(%s) ORDER BY id
"""  # noqa: S608 (our own names)
WITH_READINGS = f"""
    SELECT {cached_sql.columns_of(Submission)}, {cached_sql.columns_of(Prediction)}
    FROM predictions_submission
    LEFT JOIN predictions_prediction ON submission_id = key AND predictions_submission.status = 'succeeded'
    WHERE key = ANY(%s) ORDER BY predictions_prediction.id
"""  # noqa: S608 (our own names)
KEPT = "_kept_readings"  # attribute of a submission whose readings were loaded together with others


def readings_of(submission: Submission) -> list[Prediction]:
    """Return a submission's readings and their model versions, oldest first.

    One query; none the first time after `fetch_with_readings`.
    """
    kept: list[Prediction] | None = submission.__dict__.pop(KEPT, None)
    return readings_by_key([submission.pk])[submission.pk] if kept is None else kept


def fetch_with_readings(keys: Sequence[int]) -> list[Submission]:
    """Return the submissions with these keys, the successful ones with their readings for `readings_of`. One query."""
    found: dict[int, Submission] = {}
    width = len(Submission._meta.concrete_fields)
    for values in run_prepared(WITH_READINGS, [list(keys)]):
        row = cached_sql.row_of(Submission, values[:width])
        row = found.setdefault(row.pk, row)
        if row.status == Status.SUCCEEDED:
            row.__dict__.setdefault(KEPT, [])
        if values[width] is not None:
            row.__dict__[KEPT].append(_prediction(values[width:]))
    return list(found.values())


def readings_by_key(keys: Sequence[int]) -> dict[int, list[Prediction]]:
    """Return the readings of each of these submissions, oldest first. One query, in SQL at half the cost of the ORM."""
    readings: dict[int, list[Prediction]] = {key: [] for key in keys}
    for values in run_prepared(READINGS, [list(keys)]):
        reading = _prediction(values)
        readings[reading.submission_id].append(reading)
    return readings


def _prediction(values: Sequence[Any]) -> Prediction:
    reading = cached_sql.row_of(Prediction, values)
    reading.model_version = _version(reading.model_version_id)
    return reading


@lru_cache(maxsize=1_000)
def _version(key: int) -> ModelVersion:
    """Return a model version without its card. Cached, because its name and hash never change."""
    return ModelVersion.objects.defer("card").get(pk=key)


def own_reading(submission: Submission, readings: list[Prediction]) -> Prediction | None:
    """Return the submission's result, which is the first of its readings, or None unless it succeeded."""
    return readings[0] if submission.status == Status.SUCCEEDED and readings else None


def result_body(prediction: Prediction, submission: Submission) -> dict[str, Any]:
    """Return a reading of `submission` as JSON, with its model version and receipt."""
    reading = MISSING | prediction.reading
    expectation = submission.expectation
    problem = expectation.problem(reading["text"]) if expectation else None
    return {
        **reading,
        "reasons": reasons_body(reading["reasons"]),
        "problem": problem_body(problem),
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


def reasons_body(codes: Sequence[str] | None) -> list[dict[str, str]]:
    """Return the reasons why a reading is not sure as JSON. The messages are English, as in all of the API."""
    return [{"code": code, "message": _in_english(reason_label(code))} for code in codes or ()]


def problem_body(code: str | None) -> dict[str, str] | None:
    """Return as JSON why a text is not what was expected, None if it is."""
    return {"code": code, "message": _in_english(PROBLEMS[code])} if code else None


def _in_english(label: str | Promise) -> str:
    with translation.override("en"):
        return str(label)


def label_body(submission: Submission) -> dict[str, Any] | None:
    """Return the label that a person gave as JSON, or None."""
    if submission.label is None:
        return None
    return {"text": submission.label, "is_digit": submission.label != "", "by": submission.label_by}


def model_body(version: ModelVersion) -> dict[str, str]:
    """Return a model version as JSON."""
    return {"version": version.name, "sha256": version.sha256}


def thumbnail_of(submission: Submission) -> bytes:
    """Return a drawing's thumbnail as PNG, or b"" if it has none yet. One query."""
    return bytes(Drawing.objects.filter(submission=submission).values_list("thumbnail", flat=True).first() or b"")
