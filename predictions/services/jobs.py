"""Jobs that a person may start on a finished submission: explain a reading, or read it again with the live model."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from ml.types import PIPELINE_VERSION
from predictions import lifecycle, registry, tasks
from predictions.models import Job, Lane, ModelVersion, Prediction, Status, Submission
from predictions.services import quotas
from predictions.services.errors import Refused

Kind = Job.Kind


def request_explanation(prediction: Prediction, by: User) -> Job:
    """Return the job that explains a reading, queued if there was none. Raises Refused."""
    columns = {
        "submission_id": prediction.submission_id,
        "kind": Kind.EXPLAIN,
        "model_version_id": prediction.model_version_id,
        "prediction_id": prediction.pk,
    }
    return _request(explanation_of(prediction), by, columns)


def request_new_reading(submission: Submission, version: ModelVersion, by: User) -> Job:
    """Return the job that reads a submission with `version`, queued if there was none. Raises Refused.

    version: as `model_for` returns it.
    """
    job = latest_job(Kind.READ_AGAIN, submission, version)
    if job and job.status == Status.SUCCEEDED:
        brought = job.prediction or Prediction.objects.filter(submission=submission, model_version=version).last()
        if brought and not _is_as_today(brought, submission):  # the way of reading has changed since
            Job.objects.filter(pk=job.pk).update(prediction=brought)  # which an older version left null
            job = None
    columns = {"submission": submission, "kind": Kind.READ_AGAIN, "model_version": version, "prediction": None}
    return _request(job, by, columns)


def request_new_readings(submissions: Sequence[Submission], by: User) -> int:
    """Queue a job in the bulk lane for each submission that the version that reads now may read again.

    Left out are those that are unfinished, that it has read, or that it was asked to read. Returns how many jobs were
    queued. Raises Refused.
    """
    version = require_serving_model()
    rows = find_unread([row for row in submissions if is_readable(row)], version)
    with quotas.admitting_job(by, len(rows)), transaction.atomic():
        queue_new_readings(rows, version, by)
    return len(rows)


def is_readable(submission: Submission) -> bool:
    """Return whether a submission can be read again: it is finished, and not for its owner to retry."""
    return submission.finished_at is not None and not lifecycle.is_retryable(submission)


def find_unread(submissions: Sequence[Submission], version: ModelVersion) -> list[Submission]:
    """Return those that `version` has not read, in today's way, and was not asked to read. Two queries."""
    read = Prediction.objects.filter(submission__in=submissions, model_version=version, preprocessing=PIPELINE_VERSION)
    done = set(read.values_list("submission_id", "expects_sha256"))
    asked = Job.objects.filter(kind=Kind.READ_AGAIN, submission__in=submissions, model_version=version, prediction=None)
    known = set(asked.values_list("submission_id", flat=True))
    return [row for row in submissions if row.pk not in known and (row.pk, row.expects_sha256) not in done]


def queue_new_readings(rows: Sequence[Submission], version: ModelVersion, by: User) -> None:
    """Queue a job in the bulk lane for each of `rows`, in the caller's transaction."""
    columns = {"kind": Kind.READ_AGAIN, "model_version": version, "asked_by": by, "lane": Lane.BULK}
    Job.objects.bulk_create([Job(submission=row, **columns) for row in rows], ignore_conflicts=True)
    if rows:
        ids = [str(row.id) for row in rows]
        audit.record(by, "submissions.read_again", version.name, count=len(ids), ids=ids)
        tasks.wake_worker_for_job()


def _request(job: Job | None, by: User, columns: dict[str, Any]) -> Job:
    """Return `job`, retried if it failed by our fault, or else a new one with these columns."""
    if job and not lifecycle.is_retryable(job):
        return job
    with quotas.admitting_job(by) as lane, transaction.atomic():
        is_new = False
        if job is None:
            job, is_new = Job.objects.get_or_create(**columns, defaults={"asked_by": by, "lane": lane})
        if is_new or lifecycle.retry(job):
            tasks.wake_worker_for_job()
    job.refresh_from_db()
    return job


def model_for(submission: Submission) -> ModelVersion:
    """Return the version that reads now, if it may read `submission` again. Raises Refused."""
    if submission.finished_at is None or lifecycle.is_retryable(submission):
        raise Refused(
            "not_readable", "Only finished submissions can be read again. Use retry/ to retry a failed one.", 409
        )
    return require_serving_model()


def require_serving_model() -> ModelVersion:
    """Return the version that reads now. Raises Refused."""
    version = serving_model()
    if version is None:
        raise Refused("no_model", "No model is live right now. Try again later.", 503, retry_after_s=60)
    return version


def serving_model() -> ModelVersion | None:
    """Return the version that reads now, the live one or its stand-in, or None. One query."""
    try:
        return registry.serving().version
    except registry.NoModel:
        return None


def reading_by(version: ModelVersion, submission: Submission, readings: Iterable[Prediction]) -> Prediction | None:
    """Return the newest of `readings` by `version`, made as today and under what `submission` expects, or None."""
    own = [one for one in readings if one.model_version_id == version.pk and _is_as_today(one, submission)]
    return own[-1] if own else None


def _is_as_today(reading: Prediction, submission: Submission) -> bool:
    made_by = (reading.preprocessing, reading.expects_sha256)
    return made_by == (PIPELINE_VERSION, submission.expects_sha256)


def reading_from(job: Job, readings: Sequence[Prediction]) -> Prediction | None:
    """Return the one of `readings` that a job to read again produced, or None."""
    if job.status != Status.SUCCEEDED:
        return None
    by_model = [one for one in readings if one.model_version_id == job.model_version_id]
    own = [one for one in by_model if one.pk == job.prediction_id] or by_model
    return own[-1] if own else None


def latest_job(kind: Job.Kind, submission: Submission, version: ModelVersion | None = None) -> Job | None:
    """Return the newest job of a kind, with `version` if given. One query."""
    rows = Job.objects.filter(submission=submission, kind=kind).select_related("model_version", "prediction")
    rows = rows.filter(model_version=version) if version else rows
    return rows.defer("model_version__card", "prediction__reading").order_by("-pk").first()


def explanation_of(prediction: Prediction) -> Job | None:
    """Return the job that explains a reading, or None. At most two queries."""
    same_model = {"submission_id": prediction.submission_id, "model_version_id": prediction.model_version_id}
    jobs = list(Job.objects.filter(**same_model, kind=Kind.EXPLAIN).order_by("pk"))
    if not jobs:
        return None
    return match_explanations(Prediction.objects.filter(**same_model).order_by("pk"), jobs).get(prediction.pk)


def match_explanations(readings: Iterable[Prediction], jobs: Iterable[Job]) -> dict[int, Job]:
    """Return the job that explains each reading, by the reading's key.

    A job of an older version names no reading: it explains the earliest one by its model.

    readings: all readings of a submission, oldest first.
    """
    earliest: dict[int, int] = {}
    for reading in readings:
        earliest.setdefault(reading.model_version_id, reading.pk)
    explaining = [job for job in jobs if job.kind == Kind.EXPLAIN]
    named = {job.prediction_id: job for job in explaining if job.prediction_id is not None}
    unnamed = {earliest.get(job.model_version_id): job for job in explaining if job.prediction_id is None}
    return {key: job for key, job in (unnamed | named).items() if key is not None}
