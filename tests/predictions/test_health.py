"""`/health/status` tells the truth: it is ok only while a known digit comes back through the real queue."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from predictions import claims, lifecycle, metrics
from predictions.models import Submission, WorkerSeen
from predictions.worker.golden import queue_golden
from tests.factories import make_prediction, make_version

pytestmark = pytest.mark.django_db
TOKEN = "a long secret"


@pytest.fixture
def told(client, settings):
    """Ask with the token; its answer and what it says."""
    settings.STATUS_TOKEN = TOKEN

    def ask():
        answer = client.get("/health/status", headers={"Authorization": f"Bearer {TOKEN}"})
        return answer.status_code, answer.json()

    return ask


@pytest.fixture
def reads():
    """A worker was seen, and a known digit came back."""
    WorkerSeen.objects.create(name="worker-1")
    read_golden()


def read_golden(text="7"):
    queue_golden()
    with claims.claimed(1) as [row]:
        lifecycle.succeed(row, make_prediction(row, make_version(), text))


def test_a_site_that_reads_is_ok(told, reads):
    status, body = told()
    assert (status, body["status"], body["wrong"]) == (200, "ok", [])
    assert body["workers"][0]["name"] == "worker-1"
    assert body["golden"]["is_right"]
    assert body["queue"]["queued"] == 0


def test_without_workers_it_fails(told, reads):
    WorkerSeen.objects.update(seen_at=Now() - timedelta(minutes=1))
    status, body = told()
    assert (status, body["wrong"]) == (503, ["no_workers"])


def test_workers_that_take_nothing_are_found_out(told, reads):
    Submission.objects.update(finished_at=Now() - timedelta(minutes=4))
    queue_golden()
    status, body = told()
    assert (status, body["wrong"]) == (503, ["golden_missing"])


def test_a_known_digit_that_comes_back_wrong_is_told(told, reads):
    read_golden("1")
    assert told()[1]["wrong"] == ["golden_wrong"]


def test_a_database_that_is_away_is_a_503(client, monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(metrics, "workers", away)
    answer = client.get("/health/status")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})


@pytest.mark.parametrize(("set_to", "sent"), [("", ""), ("", "Bearer "), (TOKEN, "Bearer wrong"), (TOKEN, "")])
def test_strangers_are_told_no_details(client, settings, reads, set_to, sent):
    settings.STATUS_TOKEN = set_to
    answer = client.get("/health/status", headers={"Authorization": sent})
    assert answer.json() == {"status": "ok"}
