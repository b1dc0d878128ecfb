"""Wait, for a limited time, until a submission or a job finishes.

Each waiting request has an Event, which Postgres' notification sets. While the listener is not connected, the row is
read every POLL_S instead. A waiting request holds no database connection.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.db import connection

from accounts.listener import listener
from predictions import lifecycle
from predictions.models import Job, Status, Submission
from predictions.services.refresh import reloaders

POLL_S = 1.0


class Waiters:
    """The requests of this process that wait for a row; at most WAITERS_LIMIT, and guests leave half of them free."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, set[threading.Event]] = defaultdict(set)

    @contextmanager
    def expecting(self, row: Submission | Job) -> Iterator[threading.Event | None]:
        """Yield an Event that is set when `row` finishes; None if too many requests are waiting already.

        Enter it before the row is stored or read: a quick worker could finish it in between.
        """
        key, event = str(row.id), threading.Event()
        is_guests = isinstance(row, Submission) and row.is_guests
        limit = settings.WAITERS_LIMIT // 2 if is_guests else settings.WAITERS_LIMIT
        with self._lock:
            is_full = sum(map(len, self._events.values())) >= limit
            if not is_full:
                self._events[key].add(event)
        if is_full:
            yield None
            return
        listener.ensure()
        try:
            yield event
        finally:
            with self._lock:
                self._events[key].discard(event)
                if not self._events[key]:
                    del self._events[key]

    def wake(self, key: str) -> None:
        """Wake the requests that wait for the row with this id."""
        with self._lock:
            for event in self._events.get(key, ()):
                event.set()

    def wake_all(self) -> None:
        """Wake all requests, to read their rows: a notification may have been missed."""
        with self._lock:
            for event in set().union(*self._events.values()):
                event.set()


waiters = Waiters()
listener.subscribe(lifecycle.FINISHED_CHANNEL, waiters.wake, waiters.wake_all)


R = TypeVar("R", Submission, Job)


def wait_for(row: R, event: threading.Event | None, seconds: float) -> R:
    """Wait up to `seconds` for `row` to finish; return it as it then is.

    event: from `expecting`, entered before `row` was stored or read; None does not wait.
    """
    deadline = time.monotonic() + seconds
    while event is not None and row.finished_at is None and time.monotonic() < deadline:
        _release()
        _sleep(event, deadline)
        row = _refresh(row)
    return row


def wait_for_known(row: R, seconds: float) -> R:
    """Wait up to `seconds` for a stored row to finish; return it as it then is."""
    with waiters.expecting(row) as event:
        return wait_for(_refresh(row), event, seconds)


def _refresh(row: R) -> R:
    """Return the row as it now is in the database."""
    found: R = reloaders[type(row)].reload(row)
    if isinstance(found, Submission):
        end_if_late(found)
    return found


def end_if_late(submission: Submission) -> None:
    """Fail a queued submission whose deadline has passed, even with no worker running. Usually no query."""
    may_be_late = submission.status == Status.QUEUED and submission.deadline_at is not None
    if may_be_late and lifecycle.give_up(Submission.objects.filter(pk=submission.pk)):
        submission.refresh_from_db()


def _sleep(event: threading.Event, deadline: float) -> None:
    """Return when the event is set, at the deadline, or after POLL_S while the listener is not connected."""
    while not event.wait(max(0, min(POLL_S, deadline - time.monotonic()))):
        if not listener.is_listening or time.monotonic() >= deadline:
            return
    event.clear()


def _release() -> None:
    """Close this thread's database connection, so that a waiting request holds none."""
    if not connection.in_atomic_block:
        connection.close()
