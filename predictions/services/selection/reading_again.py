"""Read many drawings again with the model that reads now, step by step, until there is no room."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.models import User
from predictions import lifecycle
from predictions.models import Job, ModelVersion, ReadAgainRequest, Status, Submission, SubmissionQuerySet
from predictions.services import jobs, quotas
from predictions.services.selection.chosen import Selection

CHUNK = 500
BUDGET_S = 3.0  # for finding drawings that can be read again; the next step goes on from there
NEEDED = ("key", "id", "status", "error_code", "finished_at", "expects")


@dataclass
class Step:
    """What one step found. last: the key of the last drawing that it looked at; None if it looked at all."""

    rows: list[Submission] = field(default_factory=list)
    failed: list[Job] = field(default_factory=list)
    already_read: int = 0
    not_readable: int = 0
    last: int | None = None


def request(owner: User, selection: Selection, before: int | None = None) -> ReadAgainRequest:
    """Queue jobs for what the live model has not read, newest first, as far as there is room; return what was done.

    before: the key from which an earlier step left the rest.

    Raises:
        Refused: if there is no model, or no room at all.
    """
    version = jobs.require_serving_model()
    with quotas.room_for_jobs(owner) as room:
        rows = selection.rows.filter(owner=owner)
        step = _find(rows if before is None else rows.filter(key__lt=before), version, room)
        quotas.check_queue(len(step.rows) + len(step.failed))
        jobs.queue_new_readings(step.rows, version, owner)
        for job in step.failed:
            lifecycle.retry(job)
        asked = Job.objects.filter(kind=Job.Kind.READ_AGAIN, submission__in=step.rows, model_version=version)
        return ReadAgainRequest.objects.create(
            owner=owner,
            model_version=version,
            jobs=[*asked.filter(prediction=None).values_list("pk", flat=True), *(job.pk for job in step.failed)],
            already_read=step.already_read,
            not_readable=step.not_readable,
            rest=None if step.last is None else selection.as_dict() | {"before": step.last},
        )


def _find(rows: SubmissionQuerySet, version: ModelVersion, room: int) -> Step:
    """Look at `rows`, newest first, until `room` of them can be read again or the time is up."""
    step, enough_at = Step(), time.monotonic() + BUDGET_S
    while True:
        older = rows if step.last is None else rows.filter(key__lt=step.last)
        chunk = list(older.newest_first().only(*NEEDED)[:CHUNK])
        readable = [row for row in chunk if jobs.is_readable(row)]
        unread = {row.pk for row in jobs.find_unread(readable, version)}
        failed = _retryable_jobs(readable, version)
        for row in chunk:
            if len(step.rows) + len(step.failed) == room:
                return step
            step.last = row.pk
            if row not in readable:
                step.not_readable += 1
            elif row.pk in unread:
                step.rows.append(row)
            elif row.pk in failed:
                step.failed.append(failed[row.pk])
            else:
                step.already_read += 1
        if len(chunk) < CHUNK:
            step.last = None
            return step
        if time.monotonic() > enough_at:
            return step


def _retryable_jobs(rows: Sequence[Submission], version: ModelVersion) -> dict[int, Job]:
    """Return the jobs to read these drawings that failed by our fault, by the drawing's key. One query."""
    asked = Job.objects.filter(kind=Job.Kind.READ_AGAIN, submission__in=rows, model_version=version)
    failed = asked.filter(status=Status.FAILED, error_code__in=lifecycle.RETRYABLE, prediction=None)
    return {job.submission_id: job for job in failed}
