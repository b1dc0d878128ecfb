"""Claims: which rows a worker takes at once, and how long it holds them. `lifecycle` changes their status.

A claim is a fencing token with a lease on Postgres' clock: a worker whose lease has expired can no longer write. All
kinds of work are claimed alike: submissions, jobs, pages of sheets, comparisons, challengers, exports, deliveries of
webhooks and training runs.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value, prefetch_related_objects
from django.db.models.functions import Coalesce, Now

from predictions import cached_sql, fairness, lifecycle
from predictions.models import (
    Challenger,
    Claimable,
    ClaimableQuerySet,
    Comparison,
    Export,
    Job,
    Lane,
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

logger = logging.getLogger(__name__)

BULK_LIMIT_WHEN_BUSY = 2  # bulk rows in a batch while another owner is likely to send an interactive row
INTERACTIVE_MEMORY_S = 60.0
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
LEFT_TO_OTHERS = timedelta(minutes=1)
SLOW_CLAIM_S = 0.02
CELLS_AHEAD = (
    256  # of an owner; while so many wait, no page of theirs is cut, so that others are in the head of the queue
)
START_KEPT_S = 1.0
_start = 0, 0.0  # where claims start, until when by time.monotonic()
_last_interactive_at: dict[int, float] = {}  # owner -> time.monotonic() of the last interactive row claimed here


class Interrupted(Exception):
    """Raise it while rows are held to return them to the queue without counting the attempt."""


class Batch(list[M], Generic[M]):
    """Rows claimed at once, all under one `claim`.

    has_more: whether more rows may be waiting.
    has_hopeless: whether there are rows to be given up.
    live: key, preprocessing and signature of the version that was live then, if submissions were claimed.
    """

    has_more = False
    has_hopeless = False
    live: list[Any] | None = None

    @property
    def claimed(self) -> ClaimableQuerySet[M]:
        """The rows that this claim still holds."""
        rows = type(self[0])._default_manager.filter(claim=self[0].claim, status=Status.RUNNING)
        return cast(ClaimableQuerySet[M], rows)


def _jobs() -> ClaimableQuerySet[Job]:
    """Jobs, but at first without those to read again with a version that the code of this worker cannot read with.

    Older workers beside this one may. If none has taken it after a while, it is to fail here.
    """
    is_ours = Q(kind=Job.Kind.EXPLAIN) | Q(model_version__in=ModelVersion.objects.readable())
    return Job.objects.filter(is_ours | Q(queued_at__lt=Now() - LEFT_TO_OTHERS))


def _comparisons() -> ClaimableQuerySet[Comparison]:
    """Comparisons whose candidate the code of this worker can read with; others are left to other workers."""
    return Comparison.objects.filter(candidate__in=ModelVersion.objects.readable())


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
    cells = Submission.objects.unfinished().filter(owner=OuterRef("owner"), sheet__isnull=False).order_by()
    has_many = Exists(cells[CELLS_AHEAD - 1 : CELLS_AHEAD])
    rows = SheetPage.objects.annotate(owner_served_at=Coalesce(last, Value(NEVER)))
    return cast(ClaimableQuerySet[SheetPage], rows.filter(Q(quality__isnull=True) | ~has_many))


def _deliveries() -> ClaimableQuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.all()


def _challengers() -> ClaimableQuerySet[Challenger]:
    """Return challengers that the code of this worker can read with."""
    return Challenger.objects.filter(model_version__in=ModelVersion.objects.readable())


PAUSED_AS = {
    _jobs: WorkLane.JOBS,
    _comparisons: WorkLane.COMPARISONS,
    _challengers: WorkLane.COMPARISONS,
}


@cached_sql.compiled_once
def _lock_in_order(queue: Callable[[], ClaimableQuerySet[Any]], limit: int) -> ClaimableQuerySet[Any]:
    paused = PausedLane.objects.filter(lane=PAUSED_AS.get(queue, ""))
    rows = queue().waiting().filter(~Exists(paused))  # here alone: what is claimed already goes on
    return rows.order_by(*rows.model.claim_order).select_for_update(skip_locked=True)[:limit]


@cached_sql.compiled_once
def _fetch_waiting(queue: Callable[[], ClaimableQuerySet[Any]]) -> ClaimableQuerySet[Any]:
    return queue().waiting()[:1]


@cached_sql.compiled_once
def _fetch_claimed(queue: Callable[[], ClaimableQuerySet[Any]]) -> ClaimableQuerySet[Any]:
    rows = queue().filter(claim=cached_sql.PLACEHOLDER, status=Status.RUNNING)
    return rows.order_by(*rows.model.claim_order)


@cached_sql.compiled_once
def _fetch_hopeless(queue: Callable[[], ClaimableQuerySet[Any]], max_attempts: int) -> ClaimableQuerySet[Any]:
    return lifecycle.hopeless(queue().waiting(), max_attempts)[:1]


def _begin(limit: int) -> lifecycle.Claimed:
    """Claim as `lifecycle.begin_submissions` does, past dead rows where there are many. One query, mostly.

    Finished rows leave dead entries in the index of unfinished ones. Vacuum removes them, unless a transaction, such
    as a backup's, is older: then each claim would read all of them again. So after a claim that took long, claims start
    at the first unfinished row, for a second at most, and look at all if they find none.
    """
    global _start
    bulk_limits = settings.BULK_BATCH_LIMIT, BULK_LIMIT_WHEN_BUSY
    began_at = time.monotonic()
    from_key, until = _start
    if began_at < until:
        begun = lifecycle.begin_submissions(uuid4(), limit, bulk_limits, _last_interactive_at, from_key)
        if begun.rows:
            return begun
        began_at = time.monotonic()
    begun = lifecycle.begin_submissions(uuid4(), limit, bulk_limits, _last_interactive_at)
    if time.monotonic() - began_at > SLOW_CLAIM_S:
        first = fairness.find_first_unfinished()
        _start = first, time.monotonic() + START_KEPT_S
    return begun


def _claim_submissions(limit: int) -> Batch[Submission]:
    """Claim up to `limit` waiting submissions. One query.

    A batch of bulk rows is short, and shorter while this worker remembers an interactive row of another owner.
    """
    now = time.monotonic()
    for owner in [owner for owner, at in _last_interactive_at.items() if now - at > INTERACTIVE_MEMORY_S]:
        del _last_interactive_at[owner]
    begun = _begin(limit)
    batch: Batch[Submission] = Batch(begun.rows)
    batch.has_hopeless, batch.live = begun.has_hopeless, begun.live
    batch.has_more = begun.found == limit or len(batch) < begun.found
    if batch and batch[0].lane == Lane.INTERACTIVE and batch[0].attempts == 1:
        _last_interactive_at.update((row.owner_id, now) for row in batch if row.owner_id)  # golden digits have none
    return batch


def _claim_first(queue: Callable[[], ClaimableQuerySet[M]]) -> Batch[M]:
    """Claim the first waiting row of a queue. Up to four queries."""
    if _fetch_hopeless(queue, settings.MAX_ATTEMPTS):
        lifecycle.give_up(queue())
    with transaction.atomic():
        waiting = _lock_in_order(queue, 1)
        if not waiting:
            return Batch()
        claim = uuid4()
        lifecycle.begin(queue().filter(pk=waiting[0].pk), claim)
    return Batch(_fetch_claimed(queue, uuid=claim))


@contextmanager
def claimed(limit: int) -> Iterator[Batch[Submission]]:
    """Yield up to `limit` waiting submissions of one lane, claimed: interactive ones first, oldest first.

    Each has its drawing, unless its owner's account was deleted meanwhile. Rows that another worker is claiming are
    skipped, not waited for (SKIP LOCKED). Rows that are unfinished when the block ends return to the queue.
    """
    with _held(_claim_submissions(limit)) as rows:
        if rows.has_hopeless:
            lifecycle.give_up(Submission.objects.all())
        yield rows


@contextmanager
def claimed_job() -> Iterator[Batch[Job]]:
    """Yield the first waiting job, claimed as by `claimed`, or an empty batch."""
    with _held(_claim_first(_jobs)) as rows:
        prefetch_related_objects(rows, "submission__drawing", "model_version", "prediction")
        yield rows


@contextmanager
def claimed_comparison() -> Iterator[Batch[Comparison]]:
    """Yield the first waiting comparison, claimed as by `claimed`, or an empty batch."""
    with _held(_claim_first(_comparisons)) as rows:
        prefetch_related_objects(rows, "candidate", "rival")
        yield rows


@contextmanager
def claimed_export() -> Iterator[Batch[Export]]:
    """Yield the first waiting export, claimed as by `claimed`, or an empty batch."""
    with _held(_claim_first(_exports)) as rows:
        prefetch_related_objects(rows, "owner")
        yield rows


def is_export_waiting() -> bool:
    """Return whether a worker may claim an export now. One query."""
    return bool(_fetch_waiting(_exports))


@contextmanager
def claimed_page() -> Iterator[Batch[SheetPage]]:
    """Yield the first waiting page of a sheet, with what was sent, claimed as by `claimed`, or an empty batch."""
    with _held(_claim_first(_pages)) as rows:
        prefetch_related_objects(rows, "sheet__template", "file")
        yield rows


def is_page_waiting() -> bool:
    """Return whether a worker may claim a page of a sheet now. One query."""
    return bool(_fetch_waiting(_pages))


def has_many_cells(owner_id: int) -> bool:
    """Return whether so many cells of an owner wait that none of their pages is cut now. One query."""
    cells = Submission.objects.unfinished().filter(owner=owner_id, sheet__isnull=False).order_by()
    return cells[CELLS_AHEAD - 1 : CELLS_AHEAD].exists()


@contextmanager
def claimed_delivery() -> Iterator[Batch[WebhookDelivery]]:
    """Yield the first delivery of a webhook that is due, claimed as by `claimed`, or an empty batch."""
    with _held(_claim_first(_deliveries)) as rows:
        prefetch_related_objects(rows, "endpoint")
        yield rows


@contextmanager
def claimed_training_run() -> Iterator[Batch[TrainingRun]]:
    """Yield the first waiting training run, claimed as by `claimed`, or an empty batch."""
    with _held(_claim_first(_training_runs)) as rows:
        prefetch_related_objects(rows, "start")
        yield rows


@contextmanager
def claimed_challenger() -> Iterator[Batch[Challenger]]:
    """Yield the challenger, claimed as by `claimed`, or an empty batch if there is none or another worker has it."""
    with _held(_claim_first(_challengers)) as rows:
        prefetch_related_objects(rows, "model_version")
        yield rows


@contextmanager
def _held(batch: Batch[M]) -> Iterator[Batch[M]]:
    """Return what is unfinished when the block ends to the queue."""
    stamps: dict[str, Any] = {}
    try:
        yield batch
    except (OperationalError, Interrupted):  # a full disk, say, is no row's fault, so it costs no attempt
        stamps["attempts"] = F("attempts") - 1
        raise
    finally:
        if any(row.status == Status.RUNNING for row in batch):
            try:
                lifecycle.put_back(batch.claimed, **stamps)
            except DatabaseError:  # logged; the lease expires by itself and another worker takes the rows
                logger.warning("could not put back %d rows; their leases will expire", len(batch))


def renew(batch: Batch[Any]) -> int:
    """Extend the lease of a batch; return how many rows it still holds. One UPDATE."""
    return batch.claimed.update(lease_until=lifecycle.lease(type(batch[0])))
