"""What is asked of Redis itself. Each call takes at most LIMIT_S, and raises redis.RedisError."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

LIMIT_S = 1.5
KEY = "inkling:doctor"


@contextmanager
def connected() -> Iterator[redis.Redis]:
    """Yield a client of its own, so that no broken connection is left over or taken over."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=LIMIT_S,
        socket_connect_timeout=LIMIT_S,
        retry=Retry(NoBackoff(), 0),
        **settings.REDIS_TLS,
    )
    try:
        yield client
    finally:
        client.close()


def ask_info(*sections: str) -> dict[str, Any]:
    """Return these sections of INFO as one."""
    with connected() as client:
        return {name: value for section in sections for name, value in client.info(section).items()}


def try_to_write() -> None:
    """Write a key that expires at once, which a replica, or a server without memory or disk, refuses."""
    with connected() as client:
        client.set(KEY, 1, px=1_000)


def count_messages(queue: str) -> int:
    """Return how many messages wait in a queue."""
    with connected() as client:
        return int(client.llen(queue))


def measure_clock() -> float | None:
    """Return how far Redis' clock is ahead of this process'; None if it does not answer."""
    try:
        with connected() as client:
            client.ping()
            before = time.time()
            seconds, microseconds = client.time()
            return float(seconds + microseconds / 1e6 - (before + time.time()) / 2)
    except redis.RedisError:
        return None
