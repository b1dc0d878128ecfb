"""Where a claim takes long, the next ones start at the first unfinished row; they still find what is before it."""

import time
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from predictions import claims, fairness, lifecycle
from predictions.claims import submissions
from predictions.models import Status, Submission
from tests.factories import make_submission, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_the_start(monkeypatch):
    """Forget where claims start, before and after a test."""
    monkeypatch.setattr(submissions, "_start", (0, 0.0))


def claim(count):
    with claims.claimed(count) as rows:
        for row in rows:
            row.status = Status.SUCCEEDED  # so that it is not put back
        return [row.pk for row in rows]


def test_the_first_unfinished_row_is_found_in_any_state():
    last = make_submission().pk
    assert fairness.find_first_unfinished() == last
    claim(1)
    assert fairness.find_first_unfinished() == last  # running
    lifecycle.cancel(Submission.objects.all())
    assert fairness.find_first_unfinished() == last  # the newest key
    assert make_submission().pk > last


def test_quick_claims_look_at_everything(monkeypatch):
    monkeypatch.setattr(submissions, "SLOW_CLAIM_S", 60.0)
    make_submission()
    claim(1)
    assert submissions._start == (0, 0.0)


def test_after_a_slow_claim_the_next_start_at_the_first_unfinished_row(monkeypatch):
    monkeypatch.setattr(submissions, "SLOW_CLAIM_S", 0.0)
    alice = make_user()
    rows = [make_submission(alice) for _ in range(4)]
    lifecycle.cancel(Submission.objects.filter(pk__in=[rows[0].pk, rows[1].pk]))
    assert claim(1) == [rows[2].pk]
    assert submissions._start[0] == rows[2].pk and submissions._start[1] > time.monotonic()
    assert claim(8) == [rows[3].pk]


def test_a_row_before_the_start_is_found_if_nothing_else_waits(monkeypatch):
    monkeypatch.setattr(submissions, "START_KEPT_S", 3_600.0)
    older, newer = make_submission(make_user()), make_submission(make_user("bob"))
    submissions._start = newer.pk, time.monotonic() + 3_600
    assert [claim(1), claim(1), claim(1)] == [[newer.pk], [older.pk], []]


def test_a_row_before_the_start_waits_a_second_at_most_behind_newer_ones(monkeypatch):
    older, newer, newest = (make_submission(make_user(name)) for name in ("alice", "bob", "carol"))
    submissions._start = newer.pk, time.monotonic() + submissions.START_KEPT_S
    assert claim(1) == [newer.pk]
    monkeypatch.setattr(submissions, "_start", (newer.pk, time.monotonic()))  # a second later
    assert claim(1) == [older.pk]
    assert claim(1) == [newest.pk]


def test_what_a_dead_worker_held_is_never_passed_over(monkeypatch):
    monkeypatch.setattr(submissions, "SLOW_CLAIM_S", 0.0)
    lost, next_ = make_submission(make_user()), make_submission(make_user("bob"))
    assert claim(1) == [lost.pk]
    assert submissions._start[0] == lost.pk
    Submission.objects.filter(pk=lost.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert claim(1) == [lost.pk]  # alone, as it is its second attempt
    assert claim(1) == [next_.pk]
