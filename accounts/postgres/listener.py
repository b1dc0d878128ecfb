"""Postgres notifications: one LISTEN connection per process, for all channels that anybody subscribed to."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import psycopg

from accounts.postgres.direct import direct_parameters

logger = logging.getLogger(__name__)

RECONNECT_S = 1.0
STOP_WITHIN_S = 1.0


class Listener:
    """A thread that passes Postgres' notifications to subscribers, from the first `ensure` on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._subscribers: dict[str, Callable[[str], None]] = {}
        self._on_gap: list[Callable[[], None]] = []
        self.is_listening = False

    def subscribe(self, channel: str, notify: Callable[[str], None], on_gap: Callable[[], None] | None = None) -> None:
        """Call `notify(payload)` for each notification, and `on_gap()` whenever some may have been missed.

        Subscribe at import, before the first `ensure`. Both are called in the listener's thread.
        """
        self._subscribers[channel] = notify
        if on_gap:
            self._on_gap.append(on_gap)

    def ensure(self) -> None:
        """Start the thread if it does not run yet. No query."""
        if self._thread and self._thread.is_alive():
            return
        with self._lock:
            if self._thread and self._thread.is_alive():
                return
            params = direct_parameters()
            for name in ("cursor_factory", "context"):
                params.pop(name, None)
            self._stopping.clear()
            self._thread = threading.Thread(target=self._listen, args=(params,), name="listener", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; the next `ensure` starts it again."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _listen(self, params: dict[str, Any]) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(**params, autocommit=True) as own_connection:
                    self._receive(own_connection)
            except psycopg.Error as error:  # subscribers poll meanwhile
                logger.warning("not listening: %s", type(error).__name__)
                self._stopping.wait(RECONNECT_S)
            finally:
                self.is_listening = False

    def _receive(self, own_connection: psycopg.Connection) -> None:
        for channel in self._subscribers:
            own_connection.execute(f"LISTEN {channel}")  # nosemgrep: sql-from-parts (constants of ours)
        self.is_listening = True
        for on_gap in self._on_gap:
            on_gap()
        while not self._stopping.is_set():
            for notice in own_connection.notifies(timeout=STOP_WITHIN_S):
                self._subscribers[notice.channel](notice.payload)


listener = Listener()
