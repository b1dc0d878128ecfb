"""`/health/status` is ok only while a known digit is read through the real queue, and costs little."""

import time
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import OperationalError
from django.db.models.functions import Now
from post_office.models import Email

from accounts import outbox
from accounts.outbox import DUE_WITHIN_S, Outbox
from predictions import claims, health, lifecycle, metrics
from predictions.models import Submission, WorkerSeen
from predictions.worker.golden import queue_golden
from tests.factories import make_prediction, make_version

pytestmark = pytest.mark.django_db
TOKEN = "a long secret"


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch):
    monkeypatch.setattr(health, "_report_expires", 0.0)


@pytest.fixture
def get_status(client, settings, monkeypatch):
    """Return a function that asks with the token and returns the status code and the body."""
    settings.STATUS_TOKEN = TOKEN

    def get():
        monkeypatch.setattr(health, "_report_expires", 0.0)
        answer = client.get("/health/status", headers={"Authorization": f"Bearer {TOKEN}"})
        return answer.status_code, answer.json()

    return get


@pytest.fixture
def working_site():
    """Store a worker that was seen and a known digit that was read."""
    WorkerSeen.objects.create(name="worker-1")
    read_golden()


def read_golden(text="7"):
    queue_golden()
    with claims.claimed(1) as [row]:
        lifecycle.succeed(row, make_prediction(row, make_version(), text))


def test_a_working_site_is_ok(get_status, working_site):
    status, body = get_status()
    assert (status, body["status"], body["wrong"]) == (200, "ok", [])
    assert body["workers"][0]["name"] == "worker-1"
    assert body["golden"]["is_right"]
    assert body["queue"]["queued"] == 0


def test_a_site_without_workers_is_failing(get_status, working_site):
    WorkerSeen.objects.update(seen_at=Now() - timedelta(minutes=1))
    status, body = get_status()
    assert (status, body["wrong"]) == (503, ["no_workers"])


def test_workers_that_read_nothing_are_reported(get_status, working_site):
    Submission.objects.update(finished_at=Now() - timedelta(minutes=4))
    queue_golden()
    status, body = get_status()
    assert (status, body["wrong"]) == (503, ["golden_missing"])


def test_mail_that_nobody_sends_is_reported(get_status, working_site):
    EmailMessage("hello", "words", "inkling@example.org", ["alice@example.org"], connection=Outbox()).send()
    assert get_status()[1]["wrong"] == []
    Email.objects.update(created=Now() - timedelta(seconds=DUE_WITHIN_S + 1))
    status, body = get_status()
    assert (status, body["wrong"], body["mail"]["waiting"]) == (503, ["mail_waiting"], 1)
    assert outbox._claim()  # a worker is sending it
    assert get_status()[1]["wrong"] == []


def test_a_known_digit_read_wrong_is_reported(get_status, working_site):
    read_golden("1")
    assert get_status()[1]["wrong"] == ["golden_wrong"]


def test_a_database_that_is_down_is_503(client, settings, monkeypatch):
    def fail():
        raise OperationalError("gone")

    monkeypatch.setattr(metrics, "workers", fail)
    answer = client.get("/health/status")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})
    settings.STATUS_TOKEN = TOKEN
    answer = client.get("/health/status", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.json() == {"status": "failing", "wrong": ["database_down"]}


@pytest.mark.parametrize(("set_to", "sent"), [("", ""), ("", "Bearer "), (TOKEN, "Bearer wrong"), (TOKEN, "")])
def test_details_are_shown_only_with_the_token(client, settings, working_site, set_to, sent):
    settings.STATUS_TOKEN = set_to
    answer = client.get("/health/status", headers={"Authorization": sent})
    assert answer.json() == {"status": "ok"}


def test_many_requests_share_seven_queries(client, working_site, django_assert_num_queries):
    with django_assert_num_queries(7):
        assert [client.get("/health/status").status_code for _ in range(20)] == [200] * 20


def test_an_answer_is_at_most_a_second_old(client, working_site, monkeypatch):
    assert client.get("/health/status").status_code == 200
    WorkerSeen.objects.update(seen_at=Now() - timedelta(minutes=1))
    assert client.get("/health/status").status_code == 200
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + health.REPORT_CACHED_S)
    assert client.get("/health/status").status_code == 503
