"""How many connections the pool of a web process has open and in use, looked at every few seconds."""

import threading
import time

from django.db import connection

from predictions.monitoring import measures

EVERY_S = 5.0


def start() -> None:
    """Look at the pool of this process from now on, in a thread of its own."""
    threading.Thread(target=_watch, name="pool", daemon=True).start()


def _watch() -> None:
    while True:
        look()
        time.sleep(EVERY_S)


def look() -> None:
    """Tell the state of the pool; nothing where connections are not pooled."""
    if not connection.settings_dict["OPTIONS"].get("pool"):
        return
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    measures.pool_open.set(stats["pool_size"])
    measures.pool_used.set(stats["pool_size"] - stats["pool_available"])
    measures.pool_limit.set(stats["pool_max"])
    measures.pool_waiting.set(stats["requests_waiting"])
