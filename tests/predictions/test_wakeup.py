"""Wake-up messages on a real Redis: coalesced, quick, and without errors for the sender."""

import socket
import time

import pytest

from predictions import wakeup
from predictions.tasks import recognize_queued


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    wakeup._redis.cache_clear()
    wakeup._broker.cache_clear()
    monkeypatch.setattr(wakeup, "breaker", wakeup.Breaker())
    yield
    wakeup._redis.cache_clear()
    wakeup._broker.cache_clear()


@pytest.fixture
def lane():
    """Return the name of a queue that no worker reads."""
    name = f"test-{time.monotonic_ns()}"
    yield name
    wakeup._redis().delete(name, wakeup._flag(name))


def test_messages_are_coalesced_until_one_is_acknowledged(lane):
    assert all(wakeup.send(recognize_queued, lane) for _ in range(5))
    assert wakeup._redis().llen(lane) == 1
    wakeup.acknowledge(lane)
    assert wakeup.send(recognize_queued, lane)
    assert wakeup._redis().llen(lane) == 2


def test_without_redis_sending_fails_quietly_and_then_pauses(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [wakeup.send(recognize_queued, "interactive") for _ in range(4)] == [False] * 4
    assert wakeup.breaker.failures == wakeup.FAILURES_BEFORE_PAUSE
    assert not wakeup.breaker.allows()


def test_a_hanging_redis_costs_little_time(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        assert not wakeup.send(recognize_queued, "interactive")
        assert time.monotonic() - began < 3 * wakeup.TIMEOUT_S
