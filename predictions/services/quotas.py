"""What one user, and all of them, may have waiting and kept: counts in Postgres, asked before anything is stored.

Far below a limit a count is one look without a lock. Within NEAR of it, those who come at the same time come one after
the other, so that a limit is met exactly.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import User
from predictions import lifecycle
from predictions.models import Job, Lane, Submission
from predictions.services.errors import Refused

NEAR = 200  # more than come at once: the threads of several web processes, or two batches
SUBMISSIONS_IN_FLIGHT = (
    "SELECT count(*) FROM predictions_submission WHERE owner_id = %s AND status IN ('queued', 'running')"
)
ERRANDS_IN_FLIGHT = "SELECT count(*) FROM predictions_errand WHERE asked_by_id = %s AND status IN ('queued', 'running')"
SHARE = 16  # a process may use this part of what is left before it looks again


@dataclass
class Memory:
    """A number of the database's that this process knows for a while, with what it added itself."""

    counted: int
    added: int
    until: float  # by time.monotonic()

    def is_good(self, limit: int, more: int) -> bool:
        room = (limit - self.counted) // SHARE
        return self.added + more <= room and time.monotonic() < self.until


class RememberedSum:
    """Costly sums, looked at anew every `seconds`, and the earlier the nearer the limit is."""

    def __init__(self, look: Callable[[User | None], int], seconds: float) -> None:
        """look: gives the number as it now is, of a user or of everybody. One query."""
        self._look = look
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: dict[int | None, Memory] = {}

    def allows(self, owner: User | None, more: int, limit: int) -> bool:
        """Return whether `more` may be added to what `owner`, or everybody, has. Mostly no query."""
        key = owner.pk if owner else None
        with self._lock:
            memory = self._known.get(key)
            if memory and memory.is_good(limit, more):
                memory.added += more
                return True
        counted = self._look(owner)
        with self._lock:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[key] = Memory(counted, more, time.monotonic() + self._seconds)
        return counted + more <= limit


def count_waiting(owner: User | None) -> int:
    """Return how many submissions and errands wait or are under way in all."""
    return Submission.objects.unfinished().count() + Job.objects.unfinished().count()


def sum_kept(owner: User | None) -> int:
    """Return how many bytes are kept for a user."""
    return Submission.objects.filter(owner=owner).aggregate(kept=Sum("kept_bytes"))["kept"] or 0


waiting_in_all = RememberedSum(count_waiting, seconds=0.5)
kept_of_user = RememberedSum(sum_kept, seconds=60)


@contextmanager
def admitting(owner: User, count: int, kept_bytes: int = 0) -> Iterator[Lane]:
    """Yield the lane in which `count` more drawings of `owner` may wait, which are to be stored inside.

    Near the limit that is one transaction, and who comes at the same time waits for its end. One query far from it.
    Raises Refused, 429 or 503, if there are too many.
    """
    _check_queue(count)
    if not kept_of_user.allows(owner, kept_bytes, settings.KEPT_LIMIT_BYTES):
        message = f"You keep {settings.KEPT_LIMIT_BYTES / 1e9:g} GB of drawings, which is the limit. Delete some first."
        raise Refused("too_much_kept", message, 429, retry_after_s=60)
    with _room(owner, count, SUBMISSIONS_IN_FLIGHT, "drawings") as lane:
        yield lane


@contextmanager
def admitting_errand(owner: User) -> Iterator[Lane]:
    """Yield the lane in which one more errand of `owner` may wait; as `admitting`, but errands are counted apart."""
    _check_queue(1)
    with _room(owner, 1, ERRANDS_IN_FLIGHT, "explanations and new readings") as lane:
        yield lane


def _check_queue(count: int) -> None:
    if not waiting_in_all.allows(None, count, settings.QUEUE_LIMIT):
        message = "The queue is full. Nothing was taken; try again in a few seconds."
        raise Refused("queue_full", message, 503, retry_after_s=5)


@contextmanager
def _room(owner: User, count: int, in_flight: str, what: str) -> Iterator[Lane]:
    """Yield the lane of `count` rows more than those that `owner` has `in_flight`, counted so. Raises Refused."""
    counted = _counted(owner, in_flight)
    if counted + count <= settings.IN_FLIGHT_LIMIT - NEAR:
        yield _lane(counted + count)
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"in flight {owner.pk}"])
        counted = _counted(owner, in_flight)
        if counted + count > settings.IN_FLIGHT_LIMIT:
            limit = settings.IN_FLIGHT_LIMIT
            message = f"{counted} of your {what} wait already; at most {limit} may. Try again when some are done."
            raise Refused("too_many_in_flight", message, 429, retry_after_s=1)
        yield _lane(counted + count)


def _counted(owner: User, in_flight: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(in_flight, [owner.pk])
        return int(cursor.fetchone()[0])


def _lane(count: int) -> Lane:
    return Lane.BULK if count > settings.INTERACTIVE_SHARE else Lane.INTERACTIVE


def retry(submission: Submission) -> bool:
    """Queue a failed submission again, if that may be and there is room; False if it may not. Raises Refused."""
    if not lifecycle.is_retryable(submission):
        return False
    assert submission.owner is not None  # noqa: S101 (it was looked up by its owner)
    with admitting(submission.owner, 1):
        return lifecycle.retry(submission)
