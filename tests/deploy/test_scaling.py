"""KEDA's query: the age of the oldest drawing that waits, in whole seconds."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from predictions import claims
from predictions.models import Lane, PausedLane, Submission
from tests.deploy.rendered import find, needs_kubectl, render
from tests.factories import make_submission

pytestmark = [needs_kubectl, pytest.mark.django_db]


@pytest.fixture
def trigger():
    [given] = find(render("overlays/keda"), "ScaledObject")["worker"]["spec"]["triggers"]
    return given


@pytest.fixture
def ask(trigger):
    """Return a function that asks what KEDA asks."""

    def run():
        with connection.cursor() as cursor:
            cursor.execute(trigger["metadata"]["query"])
            [[value]] = cursor.fetchall()
        return value

    return run


def _wait(seconds, lane=Lane.INTERACTIVE, again_in_s=0):
    """Store a drawing that waits since so many seconds."""
    row = make_submission(lane=lane)
    times = {"queued_at": Now() - timedelta(seconds=seconds), "available_at": Now() + timedelta(seconds=again_in_s)}
    Submission.objects.filter(key=row.key).update(**times)


def test_nothing_waits(ask):
    value = ask()
    assert (value, type(value)) == (0, int)  # KEDA takes integers only


def test_the_oldest_counts(ask):
    _wait(3)
    _wait(40, lane=Lane.BULK)
    _wait(12)
    value = ask()
    assert (value in (40, 41), type(value)) == (True, int)


def test_what_is_being_read_does_not_wait(ask):
    _wait(30)
    with claims.claimed(1) as batch:
        assert len(batch) == 1
        assert ask() == 0


def test_what_no_worker_would_take_does_not_count(ask):
    PausedLane.objects.create(lane=Lane.BULK)
    _wait(600, lane=Lane.BULK)  # somebody paused this lane
    _wait(600, again_in_s=60)  # waits for another try
    _wait(2)
    assert ask() in (2, 3)


def test_the_age_itself_is_compared(trigger):
    assert trigger["metricType"] == "Value"
    assert int(trigger["metadata"]["targetQueryValue"]) <= 10
