"""Submissions, and the jobs that their owners ask for."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Subquery
from django.db.models.functions import Now

from predictions import batch_updates, fairness, group_inserts, inserts
from predictions.batch_updates import Claimed, FinishedReading
from predictions.lifecycle.claimable import FINISHED_CHANNEL, cancel, move, notify, notify_workers, of_claim
from predictions.models import (
    Claimable,
    ClaimableQuerySet,
    Drawing,
    ErrorCode,
    Job,
    Lane,
    Prediction,
    Sheet,
    Status,
    Submission,
)

RETRYABLE = (ErrorCode.GAVE_UP, ErrorCode.DEADLINE, ErrorCode.NO_MODEL)
PREDICTION_KEY = ("submission", "model_version", "preprocessing", "expects_sha256")  # what makes one unique


def queue(submission: Submission, drawing: Drawing) -> Submission:
    """Store a new submission with its drawing, queued. Once that is committed, no crash can lose it."""
    times = {name: getattr(submission, name) for name in ("deadline_at", "deleted_at")}
    times = {name: time for name, time in times.items() if time is not None}
    is_single = submission.canvas is None and not times  # one statement needs no transaction
    submission.kept_bytes = drawing.bytes
    with nullcontext() if is_single else transaction.atomic(savepoint=False):
        if submission.canvas:
            _supersede(submission)
        for name in times:
            setattr(submission, name, None)
        inserts.store(submission, drawing)
        if times:  # by Postgres' clock, so it takes a query
            Submission.objects.filter(pk=submission.pk).update(**times)
            submission.refresh_from_db(fields=list(times))
    return submission


def queue_group(arrivals: Sequence[tuple[Submission, Drawing]], in_flight_limit: int) -> None:
    """Store what came together, queued, as far as the owners have room: see `group_inserts.store`. One query.

    Each submission must be `is_groupable`, and gets its lane.
    """
    group_inserts.store(arrivals, in_flight_limit, settings.INTERACTIVE_SHARE)


def is_groupable(submission: Submission) -> bool:
    """Return whether a new submission can be stored together with those of others: no canvas and no deadline."""
    return group_inserts.is_plain(submission)


def queue_all(submissions: Sequence[Submission], drawings: Sequence[Drawing]) -> None:
    """Store new submissions without a canvas, with their drawings, queued, all or none. Three queries."""
    for submission, drawing in zip(submissions, drawings, strict=True):
        submission.kept_bytes = drawing.bytes
        drawing.submission = submission
    with transaction.atomic():
        Submission.objects.bulk_create(submissions)
        Drawing.objects.bulk_create(drawings)
        notify_workers()


def _supersede(newer: Submission) -> None:
    """Make `newer` the reading of its canvas: hide the older ones, and cancel them if they are unfinished.

    So at most one row of a canvas is in flight. Labelled ones stay visible.
    """
    with connection.cursor() as cursor:  # serializes the readings of one canvas
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(newer.canvas)])
    older = Submission.objects.filter(
        owner=newer.owner, guest_key=newer.guest_key, canvas=newer.canvas, superseded_at=None, label=None
    )
    cancel(older)
    older.update(superseded_at=Now())


def begin_submissions(
    claim: UUID, limit: int, bulk_limits: tuple[int, int], expected: Iterable[int], from_key: int = 0
) -> Claimed:
    """Claim up to `limit` waiting submissions of one lane under a fresh lease, and count the attempts. One query.

    A row on its second attempt is a batch by itself. Rows that another worker is claiming are skipped, not waited for,
    and rows that must be given up are left.

    Args:
        claim: of the batch.
        limit: of a batch of interactive rows.
        bulk_limits: of a batch of others; the second while an interactive row of another owner is likely.
        expected: the owners who are likely to send an interactive row.
        from_key: rows before this one are left.
    """
    return batch_updates.claim(
        claim=claim,
        lease=Submission.lease_for(),
        limit=limit,
        head=fairness.head_for(limit),
        max_attempts=settings.MAX_ATTEMPTS,
        bulk_limit=bulk_limits[0],
        bulk_limit_when_busy=bulk_limits[1],
        expected=list(expected),
        from_key=from_key,
    )


def succeed(submission: Submission, prediction: Prediction, drawing: dict[str, Any] | None = None) -> bool:
    """Record a reading and finish its submission, all or nothing; False if the claim was lost meanwhile."""
    return succeed_all([FinishedReading(submission, prediction, drawing or {})]) == 1


def succeed_all(batch: Sequence[FinishedReading]) -> int:
    """Record the readings of submissions under one claim and finish them; return how many the claim still held.

    All or nothing, in one query.
    """
    if not batch:
        return 0
    ours = batch_updates.finish(batch, FINISHED_CHANNEL)
    done = [one for one in batch if one.submission.pk in ours]
    for one in done:
        one.submission.status = Status.SUCCEEDED
    return len(done)


def complete_job(job: Job, result: dict[str, Any] | None = None, prediction: Prediction | None = None) -> bool:
    """Record the outcome of a job and finish it, all or nothing; False if the claim was lost meanwhile.

    prediction: a new reading; the one that the same model recorded meanwhile, if any, is kept instead.
    """
    with transaction.atomic():
        if not move(of_claim(job), Status.SUCCEEDED, result=result):
            return False
        if prediction:
            Prediction.objects.bulk_create([prediction], ignore_conflicts=True)
            key = {name: getattr(prediction, name) for name in PREDICTION_KEY}
            Job.objects.filter(pk=job.pk).update(prediction=Subquery(Prediction.objects.filter(**key).values("pk")))
        notify([job.pk])
    job.status = Status.SUCCEEDED
    return True


def fail(row: Submission | Job, code: ErrorCode, drawing: dict[str, Any] | None = None) -> bool:
    """End a claimed row with a reason; False if the claim was lost meanwhile.

    drawing: columns of a submission's Drawing to store too.
    """
    with transaction.atomic():
        kept = batch_updates.apply_drawing(row, drawing) if isinstance(row, Submission) else {}
        if not move(of_claim(row), Status.FAILED, error_code=code, **kept):
            return False
        if drawing:
            Drawing.objects.filter(submission=row.pk).update(**drawing)
        notify([row.id])
    row.status = Status.FAILED
    return True


def is_retryable(row: Claimable) -> bool:
    """Return True if the row failed by our fault, so that its owner may retry it."""
    return row.status == Status.FAILED and row.error_code in RETRYABLE


def retry(row: Submission | Job, lane: Lane | None = None) -> bool:
    """Queue a failed row again with fresh attempts, if it failed by our fault; False otherwise.

    lane: where it waits from now on; None leaves it in the lane it was in.
    """
    failed = type(row).objects.filter(pk=row.pk, status=Status.FAILED, error_code__in=RETRYABLE)
    fresh: dict[str, Any] = {"attempts": 0, "error_code": "", "finished_at": None}
    if isinstance(row, Submission):
        fresh["deadline_at"] = None
    if lane:
        fresh["lane"] = lane
    with transaction.atomic():
        if isinstance(row, Submission) and row.sheet_id:
            Sheet.objects.filter(pk=row.sheet_id).update(settled_at=None)
        is_queued = bool(move(failed, Status.QUEUED, available_at=Now(), queued_at=Now(), **fresh))
        if is_queued and isinstance(row, Submission):
            notify_workers()
    return is_queued


def retry_all(rows: ClaimableQuerySet[Submission], lane: Lane) -> int:
    """Queue those of `rows` in this lane again that failed by our fault, with fresh attempts; return how many."""
    failed = rows.filter(status=Status.FAILED, error_code__in=RETRYABLE)
    fresh: dict[str, Any] = {"attempts": 0, "error_code": "", "finished_at": None, "deadline_at": None, "lane": lane}
    with transaction.atomic():
        moved = move(failed, Status.QUEUED, available_at=Now(), queued_at=Now(), **fresh)
        if moved:
            notify_workers()
    return moved
