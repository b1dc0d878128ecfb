"""Looks at rows: those who ask at once are answered by one query, and each hears what went wrong."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from predictions.models import Job, Submission
from predictions.services.readings import readings_of
from predictions.services.refresh import Looks
from tests.factories import make_job, make_submission, read_one

pytestmark = pytest.mark.django_db


def ask_at_once(looks, rows):
    """Return what comes of looking at these rows by as many threads, who all ask before the first is answered."""
    with ThreadPoolExecutor(len(rows)) as pool:
        with looks._turn:
            asked = [pool.submit(looks.look, row) for row in rows]
            deadline = time.monotonic() + 10
            while len(looks._asked) < len(rows):
                assert time.monotonic() < deadline
                time.sleep(0.001)
        return [one.exception() or one.result() for one in asked]


def test_one_look_answers_all_who_asked_meanwhile(alice, monkeypatch):
    rows = [make_submission(alice) for _ in range(6)]
    looks, found = Looks(Submission), []
    by_key = {row.pk: row for row in rows}
    monkeypatch.setattr(looks, "_find", lambda keys: found.append((keys, threading.get_ident())) or by_key)
    assert ask_at_once(looks, rows) == rows
    assert [keys for keys, _ in found] == [set(by_key)]


def test_what_goes_wrong_is_heard_by_all_and_the_next_look_is_new(alice, monkeypatch):
    rows = [make_submission(alice) for _ in range(3)]
    looks = Looks(Submission)
    monkeypatch.setattr(looks, "_find", lambda keys: 1 / 0)
    assert [type(one) for one in ask_at_once(looks, rows)] == [ZeroDivisionError] * 3
    monkeypatch.undo()
    assert looks.look(rows[0]) == rows[0]


def test_a_finished_submission_comes_with_its_readings(alice, django_assert_num_queries):
    submission = read_one(alice)
    readings_of(submission)  # a process asks for the model's name once
    with django_assert_num_queries(2):
        found = Looks(Submission).look(submission)
    with django_assert_num_queries(0):
        readings = readings_of(found)
    assert [one.submission_id for one in readings] == [submission.pk]
    with django_assert_num_queries(1):  # the next answer looks for itself
        assert readings_of(found) == readings


def test_a_row_that_is_gone_is_missing(alice):
    submission = make_submission(alice)
    Submission.objects.filter(pk=submission.pk).delete()
    with pytest.raises(Submission.DoesNotExist):
        Looks(Submission).look(submission)
    assert not connection.needs_rollback


def test_errands_are_looked_at_too(alice):
    errand = make_job(read_one(alice))
    assert Looks(Job).look(errand) == errand
