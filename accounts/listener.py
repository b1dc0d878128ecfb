"""What Postgres tells this process: one connection that listens, whatever there is to hear. Knows no one who hears."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connection

logger = logging.getLogger(__name__)

RECONNECT_S = 1.0
STOP_WITHIN_S = 1.0


class Listener:
    """Hears NOTIFY on a connection of its own, from the first `ensure` on, and tells who asked for a channel."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._hearers: dict[str, Callable[[str], None]] = {}
        self._on_gap: list[Callable[[], None]] = []
        self.hears = False

    def on(self, channel: str, hear: Callable[[str], None], on_gap: Callable[[], None] | None = None) -> None:
        """Have `hear(payload)` called for each notice of `channel`, and `on_gap()` where some may have been missed.

        To be asked for before the first `ensure`, at import. Both are called from the listener's thread.
        """
        self._hearers[channel] = hear
        if on_gap:
            self._on_gap.append(on_gap)

    def ensure(self) -> None:
        """Start listening if this process does not yet. Costs no query."""
        if self._thread and self._thread.is_alive():
            return
        with self._lock:
            if self._thread and self._thread.is_alive():
                return
            params = connection.get_connection_params()
            for name in ("cursor_factory", "context"):
                params.pop(name, None)
            self._stopping.clear()
            self._thread = threading.Thread(target=self._listen, args=(params,), name="listener", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop listening; the next `ensure` starts it again."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _listen(self, params: dict[str, Any]) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(**params, autocommit=True) as heard:
                    self._hear(heard)
            except psycopg.Error as error:  # who waits looks by itself meanwhile
                logger.warning("not listening: %s", type(error).__name__)
                self._stopping.wait(RECONNECT_S)
            finally:
                self.hears = False

    def _hear(self, heard: psycopg.Connection) -> None:
        for channel in self._hearers:
            heard.execute(f"LISTEN {channel}")
        self.hears = True
        for missed in self._on_gap:
            missed()
        while not self._stopping.is_set():
            for notice in heard.notifies(timeout=STOP_WITHIN_S):
                self._hearers[notice.channel](notice.payload)


listener = Listener()
