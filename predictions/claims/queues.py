"""The queues of work besides submissions, each claimed a row at a time: which rows, and in what order."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value, prefetch_related_objects
from django.db.models.functions import Coalesce, Now

from predictions import cached_sql, lifecycle
from predictions.claims.batches import Batch, held
from predictions.models import (
    Challenger,
    Claimable,
    ClaimableQuerySet,
    Comparison,
    Export,
    Job,
    ModelVersion,
    PausedLane,
    SheetPage,
    Status,
    Submission,
    TrainingRun,
    WebhookDelivery,
    WorkLane,
)

M = TypeVar("M", bound=Claimable)
Queue = Callable[[], ClaimableQuerySet[Any]]

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
LEFT_TO_OTHERS = timedelta(minutes=1)
CELLS_AHEAD = 256  # of an owner; while so many wait, none of their pages is cut, so that others are not far behind


def claimed_job() -> AbstractContextManager[Batch[Job]]:
    """Hold the first waiting job, claimed as by `claimed`, or an empty batch."""
    return _claimed(_jobs, "submission__drawing", "model_version", "prediction")


def claimed_comparison() -> AbstractContextManager[Batch[Comparison]]:
    """Hold the first waiting comparison, claimed as by `claimed`, or an empty batch."""
    return _claimed(_comparisons, "candidate", "rival")


def claimed_challenger() -> AbstractContextManager[Batch[Challenger]]:
    """Hold the challenger, claimed as by `claimed`, or an empty batch if there is none or another worker has it."""
    return _claimed(_challengers, "model_version")


def claimed_training_run() -> AbstractContextManager[Batch[TrainingRun]]:
    """Hold the first waiting training run, claimed as by `claimed`, or an empty batch."""
    return _claimed(_training_runs, "start")


def claimed_export() -> AbstractContextManager[Batch[Export]]:
    """Hold the first waiting export, claimed as by `claimed`, or an empty batch."""
    return _claimed(_exports, "owner")


def claimed_page() -> AbstractContextManager[Batch[SheetPage]]:
    """Hold the first waiting page of a sheet, with what was sent, claimed as by `claimed`, or an empty batch."""
    return _claimed(_pages, "sheet__template", "file")


def claimed_delivery() -> AbstractContextManager[Batch[WebhookDelivery]]:
    """Hold the first delivery of a webhook that is due, claimed as by `claimed`, or an empty batch."""
    return _claimed(_deliveries, "endpoint")


def is_export_waiting() -> bool:
    """Return whether a worker may claim an export now. One query."""
    return bool(_fetch_waiting(_exports))


def is_page_waiting() -> bool:
    """Return whether a worker may claim a page of a sheet now. One query."""
    return bool(_fetch_waiting(_pages))


def has_many_cells(owner_id: int) -> bool:
    """Return whether so many cells of an owner wait that none of their pages is cut now. One query."""
    return _cells_ahead(owner_id).exists()


def _jobs() -> ClaimableQuerySet[Job]:
    """Jobs, but at first without those to read again with a version that the code of this worker cannot read with.

    Older workers beside this one may. If none has taken it after a while, it is to fail here.
    """
    is_ours = Q(kind=Job.Kind.EXPLAIN) | Q(model_version__in=ModelVersion.objects.readable())
    return Job.objects.filter(is_ours | Q(queued_at__lt=Now() - LEFT_TO_OTHERS))


def _comparisons() -> ClaimableQuerySet[Comparison]:
    """Comparisons whose candidate the code of this worker can read with; others are left to other workers."""
    return Comparison.objects.filter(candidate__in=ModelVersion.objects.readable())


def _challengers() -> ClaimableQuerySet[Challenger]:
    """Return challengers that the code of this worker can read with."""
    return Challenger.objects.filter(model_version__in=ModelVersion.objects.readable())


def _training_runs() -> ClaimableQuerySet[TrainingRun]:
    return TrainingRun.objects.all()


def _exports() -> ClaimableQuerySet[Export]:
    return Export.objects.all()


def _pages() -> ClaimableQuerySet[SheetPage]:
    """Pages of sheets, first those of the owner whose pages have waited longest for a turn.

    Of an owner with many cells waiting, those that nobody looked at yet.
    """
    theirs = SheetPage.objects.filter(owner=OuterRef("owner"), started_at__isnull=False)
    last = Subquery(theirs.order_by("-started_at").values("started_at")[:1])
    rows = SheetPage.objects.annotate(owner_served_at=Coalesce(last, Value(NEVER)))
    has_many = Exists(_cells_ahead(OuterRef("owner")))
    return cast(ClaimableQuerySet[SheetPage], rows.filter(Q(quality__isnull=True) | ~has_many))


def _cells_ahead(owner: Any) -> QuerySet[Submission]:
    """Return the last of the cells of an owner that must wait to keep their pages back; none if fewer wait."""
    cells = Submission.objects.unfinished().filter(owner=owner, sheet__isnull=False).order_by()
    return cells[CELLS_AHEAD - 1 : CELLS_AHEAD]


def _deliveries() -> ClaimableQuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.in_turn()


PAUSED_AS = {
    _jobs: WorkLane.JOBS,
    _comparisons: WorkLane.COMPARISONS,
    _challengers: WorkLane.COMPARISONS,
}


@contextmanager
def _claimed(queue: Callable[[], ClaimableQuerySet[M]], *related: str) -> Iterator[Batch[M]]:
    """Yield the first waiting row of a queue with its `related` rows; if it is unfinished, it returns to the queue."""
    with held(_claim_first(queue)) as rows:
        prefetch_related_objects(rows, *related)
        yield rows


def _claim_first(queue: Callable[[], ClaimableQuerySet[M]]) -> Batch[M]:
    """Claim the first waiting row of a queue. Up to four queries."""
    if _fetch_hopeless(queue, settings.MAX_ATTEMPTS):
        lifecycle.give_up(queue())
    with transaction.atomic():
        waiting = _lock_in_order(queue, 1)
        if not waiting:
            return Batch()
        claim = uuid4()
        lifecycle.begin(_by_itself(queue).filter(pk=waiting[0].pk), claim)
    return Batch(_fetch_claimed(queue, uuid=claim))


@cached_sql.compiled_once
def _lock_in_order(queue: Queue, limit: int) -> ClaimableQuerySet[Any]:
    paused = PausedLane.objects.filter(lane=PAUSED_AS.get(queue, ""))
    rows = queue().waiting().filter(~Exists(paused))  # here alone: what is claimed already goes on
    return rows.order_by(*rows.model.claim_order).select_for_update(skip_locked=True)[:limit]


@cached_sql.compiled_once
def _fetch_waiting(queue: Queue) -> ClaimableQuerySet[Any]:
    return queue().waiting()[:1]


@cached_sql.compiled_once
def _fetch_claimed(queue: Queue) -> ClaimableQuerySet[Any]:
    return _by_itself(queue).filter(claim=cached_sql.PLACEHOLDER, status=Status.RUNNING)


def _by_itself(queue: Queue) -> ClaimableQuerySet[Any]:
    """Return all rows of a queue's table: what a queue makes wait for others may change while a row is claimed."""
    return cast(ClaimableQuerySet[Any], queue().model._default_manager.all())


@cached_sql.compiled_once
def _fetch_hopeless(queue: Queue, max_attempts: int) -> ClaimableQuerySet[Any]:
    return lifecycle.hopeless(queue().waiting(), max_attempts)[:1]
