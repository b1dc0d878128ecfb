"""Wait, for a limited time, until a submission or a job finishes, or a sheet is read.

Each waiting request has a Waiter, which Postgres' notification makes due. One of those that are due looks for all of
them, by one query, and each wakes once, with its row. While the listener is not connected, the row is read every POLL_S
instead. A waiting request holds no database connection.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection

from accounts.postgres.listener import listener
from predictions import lifecycle
from predictions.models import Job, Sheet, Status, Submission
from predictions.monitoring import measures
from predictions.services.combining import Call, Combiner
from predictions.services.refresh import TURN_WITHIN_S, reloaders

POLL_S = 1.0


class Waiter:
    """A request that waits, or is about to wait, for a row."""

    def __init__(self, kind: type[Submission] | type[Job] | type[Sheet]) -> None:
        self._reloader: Combiner[Any, Any] = reloaders[kind]
        self._lock = threading.Lock()
        self._call: Call[Any] | None = None
        self._is_due = False  # it was woken while it did not wait
        self.woken_at: float | None = None  # when it last was, by time.monotonic()

    def wake(self) -> None:
        """Have the row read, by this request or by another one; from any thread."""
        self.woken_at = time.monotonic()
        with self._lock:
            if self._call is None or not self._reloader.add(self._call):
                self._is_due = True

    def wait(self, key: Any, seconds: float) -> Any:
        """Return the row as it is once this is woken. Raises TimeoutError if it is not, or DoesNotExist."""
        with self._lock:
            self._call = call = Call(key)
            if self._is_due:
                self._is_due = False
                self._reloader.add(call)
        try:
            return self._reloader.finish(call, seconds)
        finally:
            with self._lock:
                self._call = None


class Waiters:
    """The requests of this process that wait for a row; at most WAITERS_LIMIT, and guests leave half of them free."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: dict[str, set[Waiter]] = defaultdict(set)
        self._count = 0

    @contextmanager
    def expecting(self, row: Submission | Job | Sheet) -> Iterator[Waiter | None]:
        """Yield a Waiter, which is woken when `row` finishes; None if too many requests are waiting already.

        Enter it before the row is stored or read: a quick worker could finish it in between.
        """
        key, waiter = str(row.id), Waiter(type(row))
        is_guests = isinstance(row, Submission) and row.is_guests
        limit = settings.WAITERS_LIMIT // 2 if is_guests else settings.WAITERS_LIMIT
        with self._lock:
            is_full = self._count >= limit
            if not is_full:
                self._waiters[key].add(waiter)
                self._count += 1
        if is_full:
            yield None
            return
        listener.ensure()
        try:
            yield waiter
        finally:
            with self._lock:
                self._count -= 1
                self._waiters[key].discard(waiter)
                if not self._waiters[key]:
                    del self._waiters[key]

    def wake(self, key: str) -> None:
        """Wake the requests that wait for the row with this id."""
        with self._lock:
            for waiter in self._waiters.get(key, ()):
                waiter.wake()

    def wake_all(self) -> None:
        """Wake all requests, to read their rows: a notification may have been missed."""
        with self._lock:
            for waiter in set().union(*self._waiters.values()):
                waiter.wake()


waiters = Waiters()
listener.subscribe(lifecycle.FINISHED_CHANNEL, waiters.wake, waiters.wake_all)


R = TypeVar("R", Submission, Job, Sheet)


def wait_for(row: R, waiter: Waiter | None, seconds: float) -> R:
    """Wait up to `seconds` for `row` to finish; return it as it then is.

    waiter: from `expecting`, entered before `row` was stored or read; None does not wait.
    """
    deadline = time.monotonic() + seconds
    while waiter is not None and row.finished_at is None and time.monotonic() < deadline:
        _release()
        row = _wait_once(row, waiter, deadline)
        if waiter.woken_at and isinstance(row, Submission) and row.status == Status.SUCCEEDED:
            measures.count_delivery(row.lane, time.monotonic() - waiter.woken_at)
    return row


def wait_for_known(row: R, seconds: float) -> R:
    """Wait up to `seconds` for a stored row to finish; return it as it then is."""
    with waiters.expecting(row) as waiter:
        return wait_for(_refresh(row), waiter, seconds)


def _wait_once(row: R, waiter: Waiter, deadline: float) -> R:
    """Return the row once it was woken, at the deadline, or after POLL_S while the listener is not connected."""
    while True:
        try:
            found: R = waiter.wait(row.pk, max(0, min(POLL_S, deadline - time.monotonic())))
        except TimeoutError:
            if listener.is_listening and time.monotonic() < deadline:
                continue
            return _refresh(row)
        return _end_late(found)


def _refresh(row: R) -> R:
    """Return the row as it now is in the database."""
    found: R = reloaders[type(row)].do(row.pk, TURN_WITHIN_S)
    return _end_late(found)


def _end_late(row: R) -> R:
    if isinstance(row, Submission):
        end_if_late(row)
    return row


def end_if_late(submission: Submission) -> None:
    """Fail a queued submission whose deadline has passed, even with no worker running. Usually no query."""
    may_be_late = submission.status == Status.QUEUED and submission.deadline_at is not None
    if may_be_late and lifecycle.give_up(Submission.objects.filter(pk=submission.pk)):
        submission.refresh_from_db()


def _release() -> None:
    """Close this thread's database connection, so that a waiting request holds none."""
    if not connection.in_atomic_block:
        connection.close()
