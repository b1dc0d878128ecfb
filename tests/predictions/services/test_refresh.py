"""Reloading rows: those that are due together share one query and its error, and each waiting request wakes once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection

from predictions.models import Job, Submission
from predictions.services import long_poll
from predictions.services.combining import Combiner
from predictions.services.long_poll import Waiter, waiters
from predictions.services.readings import readings_of
from predictions.services.refresh import reload_rows
from tests.factories import make_job, make_submission, read_one

pytestmark = pytest.mark.django_db


def test_a_finished_submission_comes_with_its_readings(alice, django_assert_num_queries):
    submission = read_one(alice)
    readings_of(submission)  # a process loads the model version once
    with django_assert_num_queries(1):
        [found] = reload_rows(Submission, [submission.pk])
    with django_assert_num_queries(0):
        readings = readings_of(found)
    assert [one.submission_id for one in readings] == [submission.pk]
    with django_assert_num_queries(1):  # the next call queries again
        assert readings_of(found) == readings


def test_a_deleted_row_does_not_exist_and_the_others_do(alice):
    gone, kept = make_submission(alice), make_submission(alice)
    Submission.objects.filter(pk=gone.pk).delete()
    missing, found = reload_rows(Submission, [gone.pk, kept.pk])
    assert isinstance(missing, Submission.DoesNotExist)
    assert found == kept
    assert not connection.needs_rollback


def test_jobs_are_reloaded_too(alice):
    job = make_job(read_one(alice))
    assert reload_rows(Job, [job.pk]) == [job]


@pytest.fixture
def queries(monkeypatch):
    """Let waiting requests get the number of their row instead of a row; return the queries, each a set of keys."""
    made = []

    def query(keys):
        made.append(set(keys))
        return [OperationalError("gone") if key == "broken" else key for key in keys]

    monkeypatch.setattr(long_poll, "reloaders", {Submission: Combiner(query, limit=256)})
    return made


def _wait_all(keys, waiting, wake, seconds=10):
    def wait(waiter, key):
        try:
            return waiter.wait(key, seconds)
        except Exception as error:
            return type(error)

    with ThreadPoolExecutor(len(keys)) as pool:
        calls = [pool.submit(wait, waiter, key) for waiter, key in zip(waiting, keys, strict=True)]
        deadline = time.monotonic() + 10
        while any(waiter._call is None for waiter in waiting):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        wake()
        return [call.result() for call in calls]


def test_one_query_answers_all_who_are_due(queries):
    waiting = [Waiter(Submission) for _ in range(12)]
    reloader, started = waiting[0]._reloader, threading.Event()
    work = reloader._work

    def wait_for_the_rest(keys):
        started.wait(10)
        return work(keys)

    reloader._work = wait_for_the_rest

    def wake():
        for waiter in waiting:
            waiter.wake()
        started.set()

    assert _wait_all(list(range(12)), waiting, wake) == list(range(12))
    assert len(queries) <= 2  # the first may have begun before the others were due
    assert set().union(*queries) == set(range(12))


def test_a_request_that_was_woken_before_it_waits_looks_at_once(queries):
    waiter = Waiter(Submission)
    waiter.wake()
    assert waiter.wait(7, 10) == 7
    with pytest.raises(TimeoutError):
        waiter.wait(7, 0.01)


def test_a_wake_up_after_the_wait_timed_out_is_kept_for_the_next(queries):
    waiter = Waiter(Submission)
    with pytest.raises(TimeoutError):
        waiter.wait(7, 0.01)
    waiter.wake()
    assert waiter.wait(7, 10) == 7


def test_an_error_reaches_its_request_and_is_not_kept(queries):
    waiter = Waiter(Submission)
    waiter.wake()
    with pytest.raises(OperationalError):
        waiter.wait("broken", 10)
    waiter.wake()
    assert waiter.wait(7, 10) == 7


def test_requests_that_wait_for_a_row_are_counted_and_forgotten(settings, alice):
    settings.WAITERS_LIMIT = 2
    row = Submission(owner=alice)
    with waiters.expecting(row) as first, waiters.expecting(row) as second, waiters.expecting(row) as third:
        assert first and second
        assert third is None
    assert not waiters._waiters
    with waiters.expecting(row) as again:
        assert again
