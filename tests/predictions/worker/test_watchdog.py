"""Leases are renewed by one thread for as long as a batch is held."""

import threading
import time
from contextlib import ExitStack

import pytest
from django.db import DatabaseError

from predictions import claims
from predictions.models import Submission
from predictions.worker.watchdog import leased
from tests.factories import make_submission

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short_leases(settings):
    settings.LEASE_S = 0.6


def _leases(batches):
    return [Submission.objects.get(pk=batch[0].pk).lease_until for batch in batches]


def _wait_until(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen in 10 s")


@pytest.fixture
def batches():
    """Two batches of one row, each under a claim of its own."""
    for _ in range(2):
        make_submission()
    with ExitStack() as stack:
        yield [stack.enter_context(claims.claimed(1)) for _ in range(2)]


def test_one_thread_renews_the_leases_of_all_batches(batches):
    before = _leases(batches)
    with leased(batches[0]), leased(batches[1]):
        _wait_until(lambda: all(now > then for now, then in zip(_leases(batches), before, strict=True)))
        assert [thread.name for thread in threading.enumerate()].count("leases") == 1


def test_a_lease_is_no_longer_renewed_once_its_batch_has_ended(batches):
    with leased(batches[0]):
        with leased(batches[1]):
            pass
        before = _leases(batches)
        _wait_until(lambda: _leases(batches)[0] > before[0])
        assert _leases(batches)[1] == before[1]


def test_a_renewal_that_fails_is_tried_again(batches, monkeypatch):
    tried, renew = [], claims.renew

    def fail_once(batch):
        tried.append(batch)
        if len(tried) == 1:
            raise DatabaseError("away")
        return renew(batch)

    monkeypatch.setattr(claims, "renew", fail_once)
    before = _leases(batches)
    with leased(batches[0]):
        _wait_until(lambda: _leases(batches)[0] > before[0])
    assert len(tried) >= 2
