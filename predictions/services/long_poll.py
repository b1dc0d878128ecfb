"""Wait, bounded, for a submission or an errand to finish: an Event a waiting request, which our listener's news sets.

Where the listener is away, the row is looked at every POLL_S, which always works. Nobody who waits holds a connection
to the database.
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
from predictions.models import Errand, Status, Submission
from predictions.services.refresh import reloaders

POLL_S = 1.0


class Waiters:
    """Who waits in this process for which row; at most WAITERS_LIMIT at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, set[threading.Event]] = defaultdict(set)

    @contextmanager
    def expecting(self, row: Submission | Errand) -> Iterator[threading.Event | None]:
        """Yield an Event that is set when `row` finishes; None if WAITERS_LIMIT requests wait already.

        To be entered before the submission is stored, or looked at, or a quick worker finishes first.
        """
        key, event = str(row.id), threading.Event()
        with self._lock:
            is_full = sum(map(len, self._events.values())) >= settings.WAITERS_LIMIT
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
        """Wake who waits for the row of this id."""
        with self._lock:
            for event in self._events.get(key, ()):
                event.set()

    def wake_all(self) -> None:
        """Let everybody look for themselves: something may have been missed."""
        with self._lock:
            for event in set().union(*self._events.values()):
                event.set()


waiters = Waiters()
listener.on(lifecycle.FINISHED_CHANNEL, waiters.wake, waiters.wake_all)


R = TypeVar("R", Submission, Errand)


def wait_for(row: R, event: threading.Event | None, seconds: float) -> R:
    """Wait up to `seconds` for a row to finish that was stored, or looked at, after `event` was there; give it anew."""
    deadline = time.monotonic() + seconds
    while event is not None and row.finished_at is None and time.monotonic() < deadline:
        _release()
        _sleep(event, deadline)
        row = _look_again(row)
    return row


def wait_for_known(row: R, seconds: float) -> R:
    """Wait up to `seconds` for a row that is stored already, and give it as it then is in the database."""
    with waiters.expecting(row) as event:
        return wait_for(_look_again(row), event, seconds)


def _look_again(row: R) -> R:
    """Return the row as it now is in the database."""
    found: R = reloaders[type(row)].reload(row)
    if isinstance(found, Submission):
        end_if_late(found)
    return found


def end_if_late(submission: Submission) -> None:
    """End a submission whose deadline has passed in the queue, whoever else lives to say so. Mostly no query."""
    may_be_late = submission.status == Status.QUEUED and submission.deadline_at is not None
    if may_be_late and lifecycle.give_up(Submission.objects.filter(pk=submission.pk)):
        submission.refresh_from_db()


def _sleep(event: threading.Event, deadline: float) -> None:
    """Return when the event was set, at the deadline, or after POLL_S if nobody listens for us."""
    while not event.wait(max(0, min(POLL_S, deadline - time.monotonic()))):
        if not listener.hears or time.monotonic() >= deadline:
            return
    event.clear()


def _release() -> None:
    """Return this thread's connection back, so that who waits holds none."""
    if not connection.in_atomic_block:
        connection.close()
