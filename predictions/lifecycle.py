"""Every transition of a Claimable's status. No other module writes `status`.

    queued ──claimed──> running ──succeed──> succeeded   (final)
      │ ^                │ │ └────fail─────> failed ──retry──> queued
      │ └────put_back────┘ │                   ^
      ├───give_up──────────┼───────────────────┘
      └───cancel───────────┴─────────────────> canceled  (final)

All times are by Postgres' clock.
"""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, Subquery
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from predictions import batch_updates, fairness, group_inserts, inserts
from predictions.batch_updates import Claimed as Claimed  # part of what this module offers
from predictions.batch_updates import FinishedReading as FinishedReading
from predictions.models import (
    PAGES,
    QUEUED_CHANNEL,
    UNFINISHED,
    CellChange,
    Challenger,
    Claimable,
    ClaimableQuerySet,
    Comparison,
    Drawing,
    ErrorCode,
    Export,
    Job,
    Lane,
    ModelVersion,
    PageFile,
    Prediction,
    Sheet,
    SheetCell,
    SheetPage,
    Stage,
    Status,
    Submission,
    TrainingRun,
    WebhookDelivery,
)
from predictions.monitoring import measures

M = TypeVar("M", bound=Claimable)

FINISHED_CHANNEL = "inkling_finished"  # NOTIFY's payload: a submission's public id, or the id of a job or a sheet
SOURCES: dict[Status, tuple[Status, ...]] = {
    Status.QUEUED: (Status.RUNNING, Status.FAILED),
    Status.RUNNING: (Status.QUEUED, Status.RUNNING),  # running again: the lease of the last claim expired
    Status.SUCCEEDED: (Status.RUNNING,),
    Status.FAILED: (Status.QUEUED, Status.RUNNING),
    Status.CANCELED: (Status.QUEUED, Status.RUNNING),
}
RETRYABLE = (ErrorCode.GAVE_UP, ErrorCode.DEADLINE, ErrorCode.NO_MODEL)
PUT_BACK_DELAY = timedelta(seconds=1)
PREDICTION_KEY = ("submission", "model_version", "preprocessing", "expects_sha256")  # what makes one unique


def _move(rows: ClaimableQuerySet[Any], to: Status, **stamps: Any) -> int:
    """Change the status of those of `rows` that may become `to`; return how many did.

    The condition is in the WHERE clause, so of two racing workers one changes the row and the other gets 0.
    """
    if to is not Status.RUNNING:
        stamps |= {"claim": None, "lease_until": None}
    if to in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED):
        stamps["finished_at"] = Now()
    moved = rows.filter(status__in=SOURCES[to]).update(status=to, **stamps)
    if moved and to is Status.FAILED:
        measures.count_failures(rows.model._meta.model_name, stamps["error_code"], moved)
    return moved


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
        _notify_workers()


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


def begin(rows: ClaimableQuerySet[Any], claim: UUID) -> int:
    """Claim rows under a fresh lease and count the attempt; return how many."""
    stamps = {"claim": claim, "lease_until": lease(rows.model), "attempts": F("attempts") + 1, "started_at": Now()}
    return _move(rows, Status.RUNNING, **stamps)


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


def lease(kind: type[Claimable]) -> CombinedExpression:
    """Return the end of a lease of this kind of row that begins now."""
    return Now() + kind.lease_for()


def _of_claim(row: Claimable) -> ClaimableQuerySet[Any]:
    found = type(row)._default_manager.filter(pk=row.pk, claim=row.claim)
    return cast(ClaimableQuerySet[Any], found)


def _finish(row: Claimable, to: Status, **columns: Any) -> bool:
    """Move a claimed row to a final status; False if the claim was lost meanwhile. One query."""
    if not _move(_of_claim(row), to, **columns):
        return False
    row.status = to
    return True


def _notify_workers() -> None:
    """Notify workers of new submissions, when this transaction commits. One query."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {QUEUED_CHANNEL}")  # nosemgrep: sql-from-parts (a constant)


def _notify(ids: Iterable[object]) -> None:
    """Notify the web processes that wait for these rows, when this transaction commits. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, id) FROM unnest(%s::text[]) id", [FINISHED_CHANNEL, [str(id_) for id_ in ids]]
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
        if not _move(_of_claim(job), Status.SUCCEEDED, result=result):
            return False
        if prediction:
            Prediction.objects.bulk_create([prediction], ignore_conflicts=True)
            key = {name: getattr(prediction, name) for name in PREDICTION_KEY}
            Job.objects.filter(pk=job.pk).update(prediction=Subquery(Prediction.objects.filter(**key).values("pk")))
        _notify([job.pk])
    job.status = Status.SUCCEEDED
    return True


def complete_comparison(
    comparison: Comparison, figures: dict[str, Any], measures: dict[str, Any], trouble: str = ""
) -> bool:
    """Record the outcome of a comparison and finish it; False if the claim was lost meanwhile. One query."""
    return _finish(comparison, Status.SUCCEEDED, figures=figures, measures=measures, trouble=trouble[:300])


def release_challenger(challenger: Challenger) -> bool:
    """Leave a challenger that did well to the next worker at once, its attempts forgotten; False if it was stopped."""
    moved = _move(_of_claim(challenger), Status.QUEUED, available_at=Now(), attempts=0)
    challenger.status = Status.QUEUED
    return bool(moved)


def fail_challenger(challenger: Challenger, trouble: str) -> bool:
    """Stop a claimed challenger that cannot be used; False if it was stopped meanwhile. One query."""
    moved = _move(_of_claim(challenger), Status.FAILED, error_code=ErrorCode.GAVE_UP, trouble=trouble[:300])
    challenger.status = Status.FAILED
    return bool(moved)


def stop_challengers(trouble: str = "") -> int:
    """Stop the challenger that is not stopped, if there is one; a worker that holds it stores nothing more."""
    return _move(Challenger.objects.unfinished(), Status.CANCELED, trouble=trouble)


def record_comparison(
    candidate: ModelVersion, rival: ModelVersion, figures: dict[str, Any], measures: dict[str, Any]
) -> None:
    """Store a comparison that is finished already. One query."""
    found = {"figures": figures, "measures": measures, "status": Status.SUCCEEDED, "finished_at": Now()}
    Comparison.objects.create(candidate=candidate, rival=rival, **found)


def complete_training_run(run: TrainingRun, candidate: ModelVersion) -> bool:
    """Finish a training run with the version that it made; False if the claim was lost meanwhile. One query."""
    columns = {"stage": Stage.DONE, "progress": 1.0, "state": b"", "candidate": candidate}
    return _finish(run, Status.SUCCEEDED, **columns)


def fail_training_run(run: TrainingRun, trouble: str, code: ErrorCode = ErrorCode.GAVE_UP) -> bool:
    """End a training run for good; False if the claim was lost meanwhile. One query."""
    return _finish(run, Status.FAILED, error_code=code, trouble=trouble[:300], state=b"")


def complete_export(export: Export, done: int) -> bool:
    """Finish an export whose chunks, of `done` drawings, are stored; False if the claim was lost. One query."""
    return _finish(export, Status.SUCCEEDED, done=done)


def fail_export(export: Export, code: ErrorCode) -> bool:
    """End an export for good; False if the claim was lost meanwhile. One query."""
    return _finish(export, Status.FAILED, error_code=code, **export.given_up)


def delete_exports(rows: ClaimableQuerySet[Export]) -> None:
    """Delete exports with their files, whatever their status. All or nothing."""
    with transaction.atomic():
        keys = list(rows.select_for_update().values_list("pk", flat=True))
        held = Export.objects.filter(pk__in=keys)
        cancel(held)  # a worker that holds one can then store no chunk
        held.delete_chunks()
        delete(held)


def delete_pages(rows: ClaimableQuerySet[SheetPage]) -> int:
    """Delete pages of sheets with their cells, but not the cells' submissions; return how many. All or nothing.

    Five queries, however many cells: Django's cascades would load each of them.
    """
    with transaction.atomic():
        keys = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
        cancel(SheetPage.objects.filter(pk__in=keys))  # a worker that holds one can then store no cells
        for owned, of in ((CellChange, "cell__page"), (SheetCell, "page"), (PageFile, "page"), (SheetPage, "pk")):
            found = owned._default_manager.filter(**{f"{of}__in": keys})
            found._raw_delete(found.db)
    return len(keys)


def notify_of_pages() -> None:
    """Notify workers that pages of sheets wait, when this transaction commits. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [QUEUED_CHANNEL, PAGES])


def postpone_page(page: SheetPage) -> bool:
    """Return a claimed page to the queue for PUT_BACK_DELAY at least, its attempt not counted. One query."""
    moved = _move(_of_claim(page), Status.QUEUED, available_at=Now() + PUT_BACK_DELAY, attempts=F("attempts") - 1)
    page.status = Status.QUEUED
    return bool(moved)


def notify_sheet(id_: UUID) -> None:
    """Notify the web processes that wait for news of a sheet, when this transaction commits. One query."""
    _notify([id_])


def complete_page(page: SheetPage, **columns: Any) -> bool:
    """Finish a claimed page of a sheet; False if the claim was lost meanwhile.

    Call it in the transaction that stores the cells, before them. Two queries.
    """
    is_ours = _finish(page, Status.SUCCEEDED, **columns)
    if is_ours:
        notify_sheet(page.sheet_id)
    return is_ours


def fail_page(page: SheetPage, code: ErrorCode, **columns: Any) -> bool:
    """End a claimed page of a sheet with a reason; False if the claim was lost meanwhile. Two queries."""
    is_ours = _finish(page, Status.FAILED, error_code=code, **columns)
    if is_ours:
        notify_sheet(page.sheet_id)
    return is_ours


def complete_delivery(row: WebhookDelivery, status: int) -> bool:
    """Finish a claimed delivery that was taken; False if the claim was lost meanwhile. One query."""
    return _finish(row, Status.SUCCEEDED, last_status=status, trouble="", tries=F("tries") + 1)


def fail_delivery(row: WebhookDelivery, status: int | None, trouble: str) -> bool:
    """End a claimed delivery for good; False if the claim was lost meanwhile. One query."""
    said = {"last_status": status, "trouble": trouble[:200], "tries": F("tries") + 1}
    return _finish(row, Status.FAILED, error_code=ErrorCode.GAVE_UP, **said)


def postpone_delivery(row: WebhookDelivery, delay: timedelta, status: int | None, trouble: str) -> bool:
    """Leave a claimed delivery to a later try, and what else waits for its endpoint; False if the claim was lost."""
    said = {"last_status": status, "trouble": trouble[:200], "tries": F("tries") + 1, "attempts": 0}
    with transaction.atomic():
        if not _move(_of_claim(row), Status.QUEUED, available_at=Now() + delay, **said):
            return False
        others = WebhookDelivery.objects.filter(endpoint=row.endpoint_id, status=Status.QUEUED)
        others.filter(available_at__lt=Now() + delay).update(available_at=Now() + delay)
    row.status = Status.QUEUED
    return True


def repair_comparisons() -> int:
    """Give a status to comparisons that a version from before migration 0009 finished; return how many. One query."""
    rows = Comparison.objects.filter(status__in=UNFINISHED, finished_at__isnull=False)
    return rows.update(status=Status.SUCCEEDED, claim=None, lease_until=None)


def fail(row: Submission | Job, code: ErrorCode, drawing: dict[str, Any] | None = None) -> bool:
    """End a claimed row with a reason; False if the claim was lost meanwhile.

    drawing: columns of a submission's Drawing to store too.
    """
    with transaction.atomic():
        kept = batch_updates.apply_drawing(row, drawing) if isinstance(row, Submission) else {}
        if not _move(_of_claim(row), Status.FAILED, error_code=code, **kept):
            return False
        if drawing:
            Drawing.objects.filter(submission=row.pk).update(**drawing)
        _notify([row.id])
    row.status = Status.FAILED
    return True


def put_back(rows: ClaimableQuerySet[Any], **stamps: Any) -> int:
    """Return running rows to the queue; they can be claimed again after PUT_BACK_DELAY."""
    return _move(rows.filter(status=Status.RUNNING), Status.QUEUED, available_at=Now() + PUT_BACK_DELAY, **stamps)


def release(rows: Sequence[Claimable]) -> int:
    """Return rows of one claim that were not begun to the queue, to be claimed at once; no attempt is counted."""
    held = type(rows[0])._default_manager.filter(claim=rows[0].claim, pk__in=[row.pk for row in rows])
    moved = _move(
        cast(ClaimableQuerySet[Any], held).filter(status=Status.RUNNING),
        Status.QUEUED,
        available_at=Now(),
        attempts=F("attempts") - 1,
    )
    for row in rows:
        row.status = Status.QUEUED
    return moved


def hopeless(rows: ClaimableQuerySet[M], max_attempts: int) -> ClaimableQuerySet[M]:
    """Return those of `rows` that have used up their attempts, or whose deadline passed before they started."""
    return rows.filter(rows.model.late | Q(attempts__gte=max_attempts))


def give_up(rows: ClaimableQuerySet[Any]) -> int:
    """Fail those of `rows` that wait and are hopeless; a live last attempt goes on. One query if there are none."""
    rows = rows.waiting()  # part of every WHERE: a row claimed after it was found is no longer given up
    found = dict(hopeless(rows, settings.MAX_ATTEMPTS).values_list("pk", "id"))
    if not found:
        return 0
    with transaction.atomic():
        rows = rows.filter(pk__in=found)
        moved = _move(rows.filter(rows.model.late), Status.FAILED, error_code=ErrorCode.DEADLINE)
        used_up = rows.filter(attempts__gte=settings.MAX_ATTEMPTS)
        moved += _move(used_up, Status.FAILED, error_code=ErrorCode.GAVE_UP, **rows.model.given_up)
        _notify(found.values())
    return moved


def cancel(rows: ClaimableQuerySet[Any]) -> int:
    """Cancel unfinished rows; a worker that holds one can no longer write. One query if there are none."""
    with transaction.atomic():
        found = dict(rows.unfinished().values_list("pk", "id"))
        if not found:
            return 0
        moved = _move(rows.filter(pk__in=found), Status.CANCELED)
        _notify(found.values())
    return moved


def delete(rows: ClaimableQuerySet[Any]) -> int:
    """Delete rows and all that belongs to them, whatever their status; return how many. All or nothing."""
    with transaction.atomic():
        keys = list(rows.select_for_update().values_list("pk", flat=True))
        rows = cast(ClaimableQuerySet[Any], rows.model._default_manager.filter(pk__in=keys))
        cancel(rows)  # a worker that holds one can then write nothing that belongs to it
        rows.delete()
    return len(keys)


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
        is_queued = bool(_move(failed, Status.QUEUED, available_at=Now(), queued_at=Now(), **fresh))
        if is_queued and isinstance(row, Submission):
            _notify_workers()
    return is_queued


def retry_delivery(row: WebhookDelivery) -> bool:
    """Queue a delivery again that failed, as if it was new; False otherwise. One query."""
    failed = WebhookDelivery.objects.filter(pk=row.pk, status=Status.FAILED)
    fresh: dict[str, Any] = {"attempts": 0, "tries": 0, "error_code": "", "finished_at": None}
    return bool(_move(failed, Status.QUEUED, available_at=Now(), queued_at=Now(), **fresh))


def retry_all(rows: ClaimableQuerySet[Submission], lane: Lane) -> int:
    """Queue those of `rows` in this lane again that failed by our fault, with fresh attempts; return how many."""
    failed = rows.filter(status=Status.FAILED, error_code__in=RETRYABLE)
    fresh: dict[str, Any] = {"attempts": 0, "error_code": "", "finished_at": None, "deadline_at": None, "lane": lane}
    with transaction.atomic():
        moved = _move(failed, Status.QUEUED, available_at=Now(), queued_at=Now(), **fresh)
        if moved:
            _notify_workers()
    return moved
