"""Wait, bounded, for a submission to finish: one Postgres listener a process, an Event a waiting request.

If the listener is away, the row is looked at every POLL_S, which always works.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from predictions.lifecycle import FINISHED_CHANNEL
from predictions.models import Submission

logger = logging.getLogger(__name__)

POLL_S = 1.0
RECONNECT_S = 1.0
STOP_WITHIN_S = 1.0


class Listener:
    """Hears of finished submissions on a connection of its own and wakes who waits for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiters: dict[str, set[threading.Event]] = defaultdict(set)

    @contextmanager
    def expecting(self, submission: Submission) -> Iterator[threading.Event | None]:
        """Yield an Event that is set when `submission` finishes; None if WAITERS_LIMIT requests wait already.

        To be entered before the submission is stored, or a quick worker finishes first.
        """
        key, event = str(submission.id), threading.Event()
        with self._lock:
            if sum(map(len, self._waiters.values())) >= settings.WAITERS_LIMIT:
                event_or_none = None
            else:
                event_or_none = event
                self._waiters[key].add(event)
                self._ensure_thread()
        try:
            yield event_or_none
        finally:
            with self._lock:
                waiters = self._waiters[key]
                waiters.discard(event)
                if not waiters:
                    del self._waiters[key]

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            params = connection.get_connection_params()
            for name in ("cursor_factory", "context"):
                params.pop(name, None)
            self._stopping.clear()
            self._thread = threading.Thread(target=self._listen, args=(params,), name="finished", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the listener; the next waiting request starts it again."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _listen(self, params: dict[str, Any]) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(**params, autocommit=True) as heard:
                    heard.execute(f"LISTEN {FINISHED_CHANNEL}")
                    while not self._stopping.is_set():
                        for notice in heard.notifies(timeout=STOP_WITHIN_S):
                            self._wake(notice.payload)
            except psycopg.Error as error:  # waiting requests poll meanwhile
                logger.warning("not listening for finished submissions: %s", type(error).__name__)
                self._stopping.wait(RECONNECT_S)

    def _wake(self, key: str) -> None:
        with self._lock:
            for event in self._waiters.get(key, ()):
                event.set()


listener = Listener()


def wait_for(submission: Submission, event: threading.Event | None, seconds: float) -> Submission:
    """Wait up to `seconds` for a stored submission to finish, and give it as it then is in the database."""
    deadline = time.monotonic() + (seconds if event else 0)
    while True:
        submission.refresh_from_db()
        left = deadline - time.monotonic()
        if submission.finished_at is not None or left <= 0 or event is None:
            return submission
        event.wait(min(left, POLL_S))
