"""The doorbell to workers: best effort, never late, never an error for who rings. `tasks` decides what it rings for.

A bell that is already ringing is not rung again: `SET NX PX` in Redis, and only the winner publishes. Redis may be
gone, full or hung; then rows wait for a worker's own look at the table.
"""

import logging
import threading
import time
from functools import cache
from urllib.parse import urlsplit

import redis
from celery import Celery, Task
from django.conf import settings
from kombu import Connection
from kombu.pools import producers
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT_S = 0.3
RINGS_MS = 1_000
FAILURES_BEFORE_REST = 3
REST_S = 5.0


class Breaker:
    """Counts failures in a row; after FAILURES_BEFORE_REST of them it says no for REST_S seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._closed_until = 0.0
        self.failures = 0

    def allows(self) -> bool:
        return time.monotonic() >= self._closed_until

    def note(self, *, worked: bool) -> None:
        with self._lock:
            self._in_a_row = 0 if worked else self._in_a_row + 1
            self.failures += not worked
            if self._in_a_row >= FAILURES_BEFORE_REST:
                self._closed_until = time.monotonic() + REST_S
                self._in_a_row = 0


breaker = Breaker()


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


@cache
def _broker(app: Celery) -> Connection:
    short = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S, "max_retries": 0}
    return app.connection_for_write(transport_options={**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **short})


def _flag(lane: str) -> str:
    return f"inkling:bell:{lane}"


def ring(task: Task, lane: str) -> bool:
    """Wake a worker of `lane` unless its bell rings already; True if Redis took it. 0.3 s at most; never raises."""
    if not breaker.allows():
        return False
    try:
        if _redis().set(_flag(lane), 1, nx=True, px=RINGS_MS):
            with producers[_broker(task.app)].acquire(block=True, timeout=TIMEOUT_S) as producer:
                task.apply_async(args=[lane], queue=lane, producer=producer, retry=False)
    except Exception as error:  # the row is committed, so nothing is lost: counted, logged, and the table is looked at
        breaker.note(worked=False)
        logger.warning("bell not rung (%s at %s)", type(error).__name__, urlsplit(settings.REDIS_URL).scheme)
        return False
    breaker.note(worked=True)
    return True


def answer(lane: str) -> None:
    """Let the bell be rung again; a worker calls it before it looks at the table. Never raises."""
    try:
        _redis().delete(_flag(lane))
    except redis.RedisError:  # the flag ends by itself after RINGS_MS
        breaker.note(worked=False)
