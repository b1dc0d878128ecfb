"""Claims: which rows a worker takes at once, and how it holds them. `lifecycle` moves them.

A claim is a fencing token with a lease on Postgres' clock: a worker that was given up for dead can no longer write.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import F, prefetch_related_objects

from predictions import cached_sql, fairness, lifecycle
from predictions.models import Claimable, ClaimableQuerySet, Drawing, Errand, Lane, Status, Submission

M = TypeVar("M", bound=Claimable)

logger = logging.getLogger(__name__)

HURRIED_LIMIT = 2  # bulk rows in a batch while another owner is likely to send an interactive row
HURRY_S = 60.0
DRAWINGS = "SELECT * FROM predictions_drawing WHERE submission_id = ANY(%s)"
_waited: dict[int, float] = {}  # owner -> time.monotonic() of the last interactive row claimed here


class Batch(list[M], Generic[M]):
    """What was claimed at once, all under one `claim`; `has_more` if others may wait that were left."""

    has_more = False

    @property
    def claimed(self) -> ClaimableQuerySet[M]:
        """The rows that are still ours."""
        rows = type(self[0])._default_manager.filter(claim=self[0].claim, status=Status.RUNNING)
        return cast(ClaimableQuerySet[M], rows)


def _together(waiting: list[Submission]) -> list[Submission]:
    """Return the rows of `waiting`, which are in the order of claiming, that make one batch.

    A row on its second attempt is a batch by itself. Lanes are not mixed. A batch of bulk rows is short, and shorter
    while this worker remembers an interactive row of another owner.
    """
    first, now = waiting[0], time.monotonic()
    if first.attempts:
        return [first]
    alike = [row for row in waiting if not row.attempts and row.lane == first.lane]
    owners = {row.owner_id for row in alike}
    if first.lane == Lane.INTERACTIVE:
        _waited.update((owner, now) for owner in owners if owner)  # golden digits have none
        return alike
    for owner in [owner for owner, at in _waited.items() if now - at > HURRY_S]:
        del _waited[owner]
    return alike[: HURRIED_LIMIT if _waited.keys() - owners else settings.BULK_BATCH_LIMIT]


def _lock_waiting(rows: ClaimableQuerySet[M], limit: int) -> list[M]:
    """Lock up to `limit` waiting rows that no other worker has locked, interactive ones first. One query."""
    if rows.model is Submission:
        return cast(list[M], fairness.lock_waiting(limit))

    def waiting() -> ClaimableQuerySet[M]:
        return rows.waiting().order_by("-lane", "pk").select_for_update(skip_locked=True)[:limit]

    return cached_sql.ask(rows.model, ("waiting", limit), waiting)


def _claim(rows: ClaimableQuerySet[M], limit: int, choose: Callable[[list[M]], list[M]]) -> Batch[M]:
    """Claim those of up to `limit` waiting `rows` that are chosen, interactive ones first. Two or three queries."""

    def ours() -> ClaimableQuerySet[M]:  # found by the queue's own index
        return rows.filter(claim=cached_sql.ANY, status=Status.RUNNING).order_by("-lane", "pk")

    with transaction.atomic():
        found = _lock_waiting(rows, limit)
        if not found:
            return Batch()
        claim = uuid4()
        lifecycle.begin(rows.filter(pk__in=[row.pk for row in choose(found)]), claim)
    batch = Batch(cached_sql.ask(rows.model, "ours", ours, claim))
    batch.has_more = len(found) == limit or len(batch) < len(found)
    return batch


@contextmanager
def claimed(limit: int) -> Iterator[Batch[Submission]]:
    """Yield up to `limit` waiting submissions of one lane, interactive ones first, oldest first, as ours alone.

    Waiting: `queued`, or `running` with a lease that ended. Rows another worker holds are skipped, not waited for
    (SKIP LOCKED). What is unfinished when the block ends goes back to the queue. `claim` is a fencing token: a
    worker that was given up for dead can no longer write.
    """
    with _held(Submission.objects.all(), limit, _together) as rows:
        drawings = {one.pk: one for one in Drawing.objects.raw(DRAWINGS, [[row.pk for row in rows]])} if rows else {}
        for row in rows:
            if row.pk in drawings:  # else its owner's account was deleted meanwhile, and it with that
                row.drawing = drawings[row.pk]
        yield rows


@contextmanager
def claimed_errand() -> Iterator[Batch[Errand]]:
    """Yield the first errand that waits, by the rules of `claimed`, or none."""
    with _held(Errand.objects.all(), 1, list) as rows:
        prefetch_related_objects(rows, "submission__drawing", "model_version")
        yield rows


@contextmanager
def _held(rows: ClaimableQuerySet[M], limit: int, choose: Callable[[list[M]], list[M]]) -> Iterator[Batch[M]]:
    if cached_sql.ask(rows.model, ("lost", settings.MAX_ATTEMPTS), lambda: lifecycle.lost(rows.waiting())[:1]):
        lifecycle.give_up(rows)
    batch = _claim(rows, limit, choose)
    stamps: dict[str, Any] = {}
    try:
        yield batch
    except OperationalError:  # the database's fault, such as a full disk, and no drawing's: it costs no attempt
        stamps["attempts"] = F("attempts") - 1
        raise
    finally:
        if any(row.status == Status.RUNNING for row in batch):
            try:
                lifecycle.put_back(batch.claimed, **stamps)
            except DatabaseError:  # told in the log; the lease ends by itself and another worker takes the rows
                logger.warning("could not put back %d rows; their leases will end", len(batch))


def renew(batch: Batch[Any]) -> int:
    """Lengthen the lease of a batch; return how many of its rows it still holds. One UPDATE."""
    return batch.claimed.update(lease_until=lifecycle.lease())
