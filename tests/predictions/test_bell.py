"""The doorbell on a real Redis: coalesced, short, and never an error for who rings."""

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
    """A lane that no worker answers."""
    name = f"test-{time.monotonic_ns()}"
    yield name
    wakeup._redis().delete(name, f"inkling:bell:{name}")


def test_a_bell_that_rings_is_not_rung_again_until_it_is_answered(lane):
    assert all(wakeup.ring(recognize_queued, lane) for _ in range(5))
    assert wakeup._redis().llen(lane) == 1
    wakeup.answer(lane)
    assert wakeup.ring(recognize_queued, lane)
    assert wakeup._redis().llen(lane) == 2


def test_a_redis_that_is_gone_is_nobodys_error_and_soon_not_asked(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [wakeup.ring(recognize_queued, "interactive") for _ in range(4)] == [False] * 4
    assert wakeup.breaker.failures == wakeup.FAILURES_BEFORE_REST
    assert not wakeup.breaker.allows()


def test_a_redis_that_is_silent_costs_a_moment(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        assert not wakeup.ring(recognize_queued, "interactive")
        assert time.monotonic() - began < 3 * wakeup.TIMEOUT_S
