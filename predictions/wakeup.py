"""Wake-up messages to workers: best effort, in at most TIMEOUT_S, without errors. `tasks` decides when to send one.

Messages are coalesced: `SET NX PX` in Redis, and only the process that set the flag publishes. If Redis is gone, full
or hanging, a worker finds the rows at its next look at the table.
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

from predictions.monitoring.measures import wakeup_failures

logger = logging.getLogger(__name__)

TIMEOUT_S = 0.3
FLAG = "bell"  # as older versions call it
FLAG_MS = 1_000
FAILURES_BEFORE_PAUSE = 3
PAUSE_S = 5.0


class Breaker:
    """A circuit breaker: opens for PAUSE_S seconds after FAILURES_BEFORE_PAUSE failures in a row."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._open_until = 0.0
        self.failures = 0

    def allows(self) -> bool:
        return time.monotonic() >= self._open_until

    def record(self, *, worked: bool) -> None:
        with self._lock:
            self._in_a_row = 0 if worked else self._in_a_row + 1
            self.failures += not worked
            wakeup_failures.inc(not worked)
            if self._in_a_row >= FAILURES_BEFORE_PAUSE:
                self._open_until = time.monotonic() + PAUSE_S
                self._in_a_row = 0


breaker = Breaker()


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        **settings.REDIS_TLS,
    )


@cache
def _broker(app: Celery) -> Connection:
    short = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S, "max_retries": 0}
    return app.connection_for_write(transport_options={**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **short})


def _flag(queue: str) -> str:
    return f"inkling:{FLAG}:{queue}"


def send(task: Task, queue: str) -> bool:
    """Wake a worker of `queue` unless a message is on its way; False if Redis failed. Never raises."""
    if not breaker.allows():
        return False
    try:
        if _redis().set(_flag(queue), 1, nx=True, px=FLAG_MS):
            with producers[_broker(task.app)].acquire(block=True, timeout=TIMEOUT_S) as producer:
                task.apply_async(args=[queue], queue=queue, producer=producer, retry=False)
    except Exception as error:  # counted and logged; the row is committed, so a worker will find it
        breaker.record(worked=False)
        logger.warning("could not wake a worker (%s at %s)", type(error).__name__, urlsplit(settings.REDIS_URL).scheme)
        return False
    breaker.record(worked=True)
    return True


def acknowledge(queue: str) -> None:
    """Allow the next message; a worker calls this before it looks at the table. Never raises."""
    try:
        _redis().delete(_flag(queue))
    except redis.RedisError:  # the flag expires by itself after FLAG_MS
        breaker.record(worked=False)
