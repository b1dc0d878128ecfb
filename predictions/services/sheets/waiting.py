"""Wait, for a limited time, for news of a sheet: a page was looked at or cut, the sheet was settled or deleted."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.postgres.listener import listener
from predictions import lifecycle

POLL_S = 1.0  # also while cells are read, of each of which nobody is notified

T = TypeVar("T")


class News:
    """The requests of this process that wait for news of a sheet; at most WAITERS_LIMIT."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, set[threading.Event]] = defaultdict(set)
        self._count = 0

    @contextmanager
    def expecting(self, sheet: UUID) -> Iterator[threading.Event | None]:
        """Yield an Event that is set when there is news; None if too many requests wait already."""
        event, key = threading.Event(), str(sheet)
        with self._lock:
            is_full = self._count >= settings.WAITERS_LIMIT
            if not is_full:
                self._events[key].add(event)
                self._count += 1
        if is_full:
            yield None
            return
        listener.ensure()
        try:
            yield event
        finally:
            with self._lock:
                self._count -= 1
                self._events[key].discard(event)
                if not self._events[key]:
                    del self._events[key]

    def tell(self, key: str) -> None:
        """Wake the requests that wait for the sheet with this id."""
        with self._lock:
            for event in self._events.get(key, ()):
                event.set()

    def tell_all(self) -> None:
        """Wake all requests: a notification may have been missed."""
        with self._lock:
            for event in set().union(*self._events.values()):
                event.set()


news = News()
listener.subscribe(lifecycle.SHEETS_CHANNEL, news.tell, news.tell_all)


def wait_until(load: Callable[[], T], is_done: Callable[[T], bool], sheet: UUID, seconds: float) -> T:
    """Return what `load` returns once it `is_done`, or after so many seconds. Holds no connection while it waits.

    load: reads what is waited for, as the progress of the sheet; called at once, at news, and about every POLL_S.
    """
    deadline = time.monotonic() + seconds
    with news.expecting(sheet) as event:
        while True:
            if event:
                event.clear()
            found = load()
            left = deadline - time.monotonic()
            if event is None or left <= 0 or is_done(found):
                return found
            if not connection.in_atomic_block:
                connection.close()
            event.wait(min(POLL_S, left))
