"""Reloading rows: concurrent calls share one query and its error."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from predictions.models import Job, Submission
from predictions.services.readings import readings_of
from predictions.services.refresh import Reloader
from tests.factories import make_job, make_submission, read_one

pytestmark = pytest.mark.django_db


def reload_at_once(reloader, rows):
    """Reload each row in a thread of its own; all call before the first query. Return their results or exceptions."""
    with ThreadPoolExecutor(len(rows)) as pool:
        with reloader._turn:
            calls = [pool.submit(reloader.reload, row) for row in rows]
            deadline = time.monotonic() + 10
            while len(reloader._pending) < len(rows):
                assert time.monotonic() < deadline
                time.sleep(0.001)
        return [one.exception() or one.result() for one in calls]


def test_concurrent_reloads_share_one_query(alice, monkeypatch):
    rows = [make_submission(alice) for _ in range(6)]
    reloader, found = Reloader(Submission), []
    by_key = {row.pk: row for row in rows}
    monkeypatch.setattr(reloader, "_find", lambda keys: found.append((keys, threading.get_ident())) or by_key)
    assert reload_at_once(reloader, rows) == rows
    assert [keys for keys, _ in found] == [set(by_key)]


def test_an_error_reaches_every_caller_and_is_not_kept(alice, monkeypatch):
    rows = [make_submission(alice) for _ in range(3)]
    reloader = Reloader(Submission)
    monkeypatch.setattr(reloader, "_find", lambda keys: 1 / 0)
    assert [type(one) for one in reload_at_once(reloader, rows)] == [ZeroDivisionError] * 3
    monkeypatch.undo()
    assert reloader.reload(rows[0]) == rows[0]


def test_a_finished_submission_comes_with_its_readings(alice, django_assert_num_queries):
    submission = read_one(alice)
    readings_of(submission)  # a process loads the model version once
    with django_assert_num_queries(2):
        found = Reloader(Submission).reload(submission)
    with django_assert_num_queries(0):
        readings = readings_of(found)
    assert [one.submission_id for one in readings] == [submission.pk]
    with django_assert_num_queries(1):  # the next call queries again
        assert readings_of(found) == readings


def test_a_deleted_row_does_not_exist(alice):
    submission = make_submission(alice)
    Submission.objects.filter(pk=submission.pk).delete()
    with pytest.raises(Submission.DoesNotExist):
        Reloader(Submission).reload(submission)
    assert not connection.needs_rollback


def test_jobs_are_reloaded_too(alice):
    job = make_job(read_one(alice))
    assert Reloader(Job).reload(job) == job
