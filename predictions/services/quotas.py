"""How much a user, and all users together, may have waiting and stored. Checked in Postgres before anything is stored.

Far below a limit, one count without a lock is enough. Within NEAR of it, concurrent requests of a user are checked one
after the other, so that the limit holds exactly.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from predictions import lifecycle, tasks
from predictions.models import Export, Job, Lane, SheetPage, Submission
from predictions.services.errors import Refused

NEAR = 200  # more than can arrive at once: the threads of several web processes, or two batches
SUBMISSIONS_IN_FLIGHT = (
    "SELECT count(*) FROM predictions_submission"
    " WHERE owner_id = %s AND sheet_id IS NULL AND status IN ('queued', 'running')"
)
JOBS_IN_FLIGHT = "SELECT count(*) FROM predictions_errand WHERE asked_by_id = %s AND status IN ('queued', 'running')"
SHARE = 16  # a process may use up a sixteenth of what is left before it asks the database again


@dataclass
class CachedSum:
    """A sum from the database, with what this process added since."""

    counted: int
    added: int
    expires_at: float  # by time.monotonic()

    def allows(self, limit: int, more: int) -> bool:
        """Return whether the sum is recent enough, and far enough from `limit`, to add `more` without a query."""
        room = (limit - self.counted) // SHARE
        return self.added + more <= room and time.monotonic() < self.expires_at


class SumCache:
    """Expensive sums, kept for up to `seconds`, and for less the nearer they are to their limit."""

    def __init__(self, query: Callable[[User | None], int], seconds: float) -> None:
        """query: returns the current sum of a user, or of all users for None. One query."""
        self._query = query
        self._seconds = seconds
        self._lock = threading.Lock()
        self._sums: dict[int | None, CachedSum] = {}

    def allows(self, owner: User | None, more: int, limit: int) -> bool:
        """Return whether `more` may be added to the sum of `owner`, or of all users. Usually no query."""
        key = owner.pk if owner else None
        with self._lock:
            cached = self._sums.get(key)
            if cached and cached.allows(limit, more):
                cached.added += more
                return True
        counted = self._query(owner)
        with self._lock:
            if len(self._sums) > 10_000:
                self._sums.clear()
            self._sums[key] = CachedSum(counted, more, time.monotonic() + self._seconds)
        return counted + more <= limit


def count_waiting(owner: User | None) -> int:
    """Return how many submissions and jobs are queued or running, of all users together."""
    return Submission.objects.unfinished().count() + Job.objects.unfinished().count()


def sum_kept(owner: User | None) -> int:
    """Return how many bytes of drawings, exports and sheets a user has; for None, all guests. One query."""
    exported = Export.objects.filter(owner=owner).order_by().values("owner").annotate(kept=Sum("bytes")).values("kept")
    pages = SheetPage.objects.filter(owner=owner).order_by().values("owner").annotate(kept=Sum("kept_bytes"))
    kept = (
        Coalesce(Sum("kept_bytes"), 0) + Coalesce(Subquery(exported), 0) + Coalesce(Subquery(pages.values("kept")), 0)
    )
    return int(Submission.objects.filter(owner=owner).aggregate(kept=kept)["kept"])


waiting_in_all = SumCache(count_waiting, seconds=0.5)
kept_of_user = SumCache(sum_kept, seconds=60)


@contextmanager
def admitting(owner: User, count: int, kept_bytes: int = 0) -> Iterator[Lane]:
    """Yield the lane for `count` more drawings of `owner`, which the block stores.

    Near the limit the block is one transaction, and concurrent requests of the same owner wait for it to end. Far from
    it, one query.

    Raises:
        Refused: 429 or 503, if there are too many.
    """
    check_totals(owner, count, kept_bytes)
    with room_in_flight(owner, count) as lane:
        yield lane


def check_totals(owner: User, count: int, kept_bytes: int) -> None:
    """Raise Refused, 429 or 503, if the queue is full or `owner` has too much stored. Usually no query."""
    check_queue(count)
    if not kept_of_user.allows(owner, kept_bytes, settings.KEPT_LIMIT_BYTES):
        raise too_much_kept()


def too_much_kept() -> Refused:
    """Return the refusal of a user who has too much stored."""
    limit = f"{settings.KEPT_LIMIT_BYTES / 1e9:g} GB"
    message = f"Your drawings, sheets and exports take up {limit}, which is the limit. Delete some first."
    return Refused("too_much_kept", message, 429, retry_after_s=60)


@contextmanager
def room_in_flight(owner: User, count: int) -> Iterator[Lane]:
    """Yield the lane for `count` more drawings of `owner`, if there is room: the last part of `admitting`."""
    with _room(owner, count, SUBMISSIONS_IN_FLIGHT, "drawings") as lane:
        yield lane


@contextmanager
def admitting_job(owner: User, count: int = 1) -> Iterator[Lane]:
    """Yield the lane for `count` more jobs of `owner`: as `admitting`, but jobs are counted apart from drawings."""
    check_queue(count)
    with _room(owner, count, JOBS_IN_FLIGHT, "explanations and new readings") as lane:
        yield lane


@contextmanager
def room_for_jobs(owner: User) -> Iterator[int]:
    """Yield how many more jobs of `owner` there is room for, in a transaction; their other requests wait for its end.

    Raises:
        Refused: 429, if there is none.
    """
    with transaction.atomic():
        take_turns(f"in flight {owner.pk}")
        counted = _count(owner, JOBS_IN_FLIGHT)
        if counted >= settings.IN_FLIGHT_LIMIT:
            raise _too_many(counted, "explanations and new readings")
        yield settings.IN_FLIGHT_LIMIT - counted


def retry(submission: Submission) -> bool:
    """Queue a failed submission again and wake a worker; False if it cannot be retried.

    A retry counts toward its owner's limits like a new drawing. It waits in the bulk lane if that owner has many
    waiting, or if it came in a batch. Changes the row, not `submission`.

    Raises:
        Refused: 429 or 503, if there is no room.
    """
    if not lifecycle.is_retryable(submission):
        return False
    assert submission.owner is not None  # noqa: S101 (guests cannot retry)
    with admitting(submission.owner, 1) as free_lane:
        lane = Lane.BULK if submission.lane == Lane.BULK else free_lane
        is_queued = lifecycle.retry(submission, lane)
        if is_queued:
            tasks.wake_worker(lane)
    return is_queued


def check_queue(count: int) -> None:
    """Raise Refused, 503, if the queue of all users together has no room for `count` more rows."""
    if not waiting_in_all.allows(None, count, settings.QUEUE_LIMIT):
        message = "The queue is full, so nothing was stored. Try again in a few seconds."
        raise Refused("queue_full", message, 503, retry_after_s=5)


@contextmanager
def _room(owner: User, count: int, in_flight: str, what: str) -> Iterator[Lane]:
    """Yield the lane for `count` more rows of `owner`, next to those that the query `in_flight` counts.

    Raises:
        Refused: 429, if there would be too many.
    """
    counted = _count(owner, in_flight)
    if counted + count <= settings.IN_FLIGHT_LIMIT - NEAR:
        yield _lane(counted + count)
        return
    with transaction.atomic():
        take_turns(f"in flight {owner.pk}")
        counted = _count(owner, in_flight)
        if counted + count > settings.IN_FLIGHT_LIMIT:
            raise _too_many(counted, what)
        yield _lane(counted + count)


def _too_many(counted: int, what: str) -> Refused:
    limit = settings.IN_FLIGHT_LIMIT
    message = f"You have {counted} {what} waiting; the limit is {limit}. Try again when some are finished."
    return Refused("too_many_in_flight", message, 429, retry_after_s=1)


def take_turns(name: str) -> None:
    """Wait for the other transactions that have called this with the same name to end. Call it in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _count(owner: User, in_flight: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(in_flight, [owner.pk])
        return int(cursor.fetchone()[0])


def _lane(count: int) -> Lane:
    return Lane.BULK if count > settings.INTERACTIVE_SHARE else Lane.INTERACTIVE
