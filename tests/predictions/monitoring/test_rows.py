"""What Prometheus is told of rows is true, costs few queries, and never keeps a scrape waiting."""

import math
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.mail import EmailMessage
from django.db import OperationalError, connection
from django.db.models.functions import Now
from post_office.models import Email

from accounts.outbox import Outbox
from predictions import claims, lifecycle, metrics
from predictions.models import (
    ErrorCode,
    Lane,
    PausedLane,
    Role,
    Sheet,
    SheetPage,
    Submission,
    WebhookDelivery,
    WebhookEvent,
    WorkerSeen,
    WorkLane,
)
from predictions.monitoring import exposition, reviewed, rows
from predictions.webhooks.endpoints import add_endpoint
from predictions.webhooks.events import queue_event
from predictions.worker.golden import queue_golden
from tests.factories import make_job, make_prediction, make_submission, make_user, make_version, read_one
from tests.predictions.monitoring.reading import label_values, parse, total

pytestmark = pytest.mark.django_db


@pytest.fixture
def scrape():
    """Return a function that returns what is told now."""

    def read():
        rows.rows.forget()
        reviewed.rows.forget()
        return parse(exposition.write_metrics().decode())

    return read


@pytest.fixture
def alice():
    return make_user("alice")


def test_depth_and_age_are_told_by_lane(scrape, alice):
    make_submission(alice)
    with claims.claimed(1):
        for lane in (Lane.INTERACTIVE, Lane.BULK, Lane.BULK):
            make_submission(alice, lane=lane)
        Submission.objects.filter(lane=Lane.BULK).update(queued_at=Now() - timedelta(minutes=5))
        make_submission(lane=Lane.GUEST)
        told = scrape()
    depth = {
        (lane, status): total(told, "inkling_queue_rows", lane=lane, status=status)
        for lane in ("interactive", "bulk", "guest")
        for status in ("queued", "running")
    }
    assert depth == {
        ("interactive", "queued"): 1,
        ("interactive", "running"): 1,
        ("bulk", "queued"): 2,
        ("bulk", "running"): 0,
        ("guest", "queued"): 1,
        ("guest", "running"): 0,
    }
    assert total(told, "inkling_queue_oldest_seconds", lane="bulk") == pytest.approx(300, abs=30)
    assert total(told, "inkling_queue_oldest_seconds", lane="interactive") < 30
    assert total(told, "inkling_queue_oldest_seconds", lane="exports") == 0


def test_a_row_whose_worker_is_gone_waits(scrape, alice):
    make_submission(alice)
    Submission.objects.update(queued_at=Now() - timedelta(minutes=5))
    with claims.claimed(1):
        assert total(scrape(), "inkling_queue_oldest_seconds", lane="interactive") == 0
        Submission.objects.update(lease_until=Now() - timedelta(seconds=1))
        assert total(scrape(), "inkling_queue_oldest_seconds", lane="interactive") == pytest.approx(300, abs=30)


def test_jobs_have_a_lane(scrape, alice):
    make_job(read_one(alice))
    assert total(scrape(), "inkling_queue_rows", lane="jobs", status="queued") == 1


def test_pages_of_sheets_have_a_lane_and_are_counted_when_they_fail(scrape, alice):
    sheet = Sheet.objects.create(owner=alice)
    for number in (1, 2):
        SheetPage.objects.create(sheet=sheet, owner=alice, number=number)
    failed = "inkling_failures_total"
    before = total(scrape(), failed, kind="sheetpage", code="no_table")
    with claims.claimed_page() as [page]:
        lifecycle.fail_page(page, ErrorCode.NO_TABLE)
    told = scrape()
    assert total(told, "inkling_queue_rows", lane="pages", status="queued") == 1
    assert total(told, failed, kind="sheetpage", code="no_table") == before + 1


def test_deliveries_of_webhooks_wait_once_they_are_due(scrape, alice):
    endpoint = add_endpoint(alice, "https://example.org/", [WebhookEvent.SHEET_READ])
    for _ in range(2):
        queue_event(alice.pk, WebhookEvent.SHEET_READ, uuid4())
    long_ago = Now() - timedelta(hours=9)
    WebhookDelivery.objects.update(queued_at=long_ago, available_at=Now() + timedelta(hours=1))
    told = scrape()
    assert total(told, "inkling_queue_rows", lane="deliveries", status="queued") == 2
    assert total(told, "inkling_queue_oldest_seconds", lane="deliveries") == 0
    WebhookDelivery.objects.filter(endpoint=endpoint.pk).update(available_at=Now() - timedelta(minutes=5))
    assert total(scrape(), "inkling_queue_oldest_seconds", lane="deliveries") == pytest.approx(300, abs=30)
    tried = endpoint.deliveries.first()
    WebhookDelivery.objects.filter(pk=tried.pk).update(tries=1, available_at=Now() + timedelta(hours=1))
    assert total(scrape(), "inkling_queue_oldest_seconds", lane="deliveries") == 0, "the other waits for this one"


def test_problems_are_those_of_the_health_check(scrape):
    told = scrape()
    names = metrics.check([], None)
    problems = [name for name in names if total(told, "inkling_problem", problem=name)]
    assert problems == metrics.find_problems([], None) == ["no_workers", "golden_missing"]
    PausedLane.objects.create(lane=WorkLane.INTERACTIVE)
    told = scrape()
    assert total(told, "inkling_problem", problem="reading_paused") == 1
    assert total(told, "inkling_lane_paused", lane="interactive") == 1
    assert total(told, "inkling_lane_paused", lane="guest") == 0


def test_the_known_digit_has_an_age_and_is_right_or_not(scrape):
    assert math.isinf(total(scrape(), "inkling_golden_age_seconds"))
    queue_golden()
    with claims.claimed(1) as [row]:
        lifecycle.succeed(row, make_prediction(row, make_version(), "7"))
    told = scrape()
    assert (total(told, "inkling_golden_right"), total(told, "inkling_golden_age_seconds") < 60) == (1, True)
    Submission.objects.update(text="1")
    assert total(scrape(), "inkling_golden_right") == 0


def test_workers_are_counted_by_what_they_run_and_have_no_name(scrape):
    version = make_version("model-5")
    for number in range(3):
        WorkerSeen.objects.create(name=f"host-{number}", device="cpu", model_version=version, code="7")
    told = scrape()
    assert total(told, "inkling_workers", device="cpu", model="model-5", code="7") == 3
    assert total(told, "inkling_live_model_info", model="model-5") == 1
    assert not any("host-" in value for value in label_values(told))


def test_mail_that_waits_is_told(scrape):
    EmailMessage("hello", "words", "inkling@example.org", ["alice@example.org"], connection=Outbox()).send()
    Email.objects.update(created=Now() - timedelta(minutes=7))
    told = scrape()
    assert total(told, "inkling_mail_waiting") == 1
    assert total(told, "inkling_mail_due_seconds") == pytest.approx(420, abs=30)


def test_agreement_is_told_apart_by_who_chose_the_drawing(scrape, alice):
    for text, label, is_sampled in (("7", "7", True), ("7", "1", True), ("7", "7", False)):
        row = read_one(alice, text)
        Submission.objects.filter(pk=row.pk).update(label=label, label_by=Role.REVIEWER, review_sample=is_sampled)
    told = scrape()
    counts = {
        (chosen, right): total(told, "inkling_reviewed_drawings", chosen=chosen, right=right)
        for chosen in ("by_chance", "otherwise")
        for right in ("yes", "no")
    }
    assert counts == {("by_chance", "yes"): 1, ("by_chance", "no"): 1, ("otherwise", "yes"): 1, ("otherwise", "no"): 0}


def test_connections_and_dead_rows_are_told(scrape):
    told = scrape()
    assert total(told, "inkling_database_connections", state="active") >= 1
    assert total(told, "inkling_database_connections_limit") >= 20
    assert total(told, "inkling_table_rows", table="submission", kind="dead") >= 0


def test_many_scrapes_share_one_look_at_the_rows(scrape, django_assert_max_num_queries):
    scrape()
    rows.rows.forget()
    with django_assert_max_num_queries(20):
        for _ in range(10):
            exposition.write_metrics()


def test_without_the_database_a_scrape_says_so_and_tells_the_rest(scrape, monkeypatch):
    def fail():
        raise OperationalError("gone")

    before = scrape()
    monkeypatch.setattr(metrics, "workers", fail)
    told = scrape()
    assert (total(before, "inkling_database_up"), total(told, "inkling_database_up")) == (1, 0)
    errors = "inkling_scrape_errors_total"
    assert total(told, errors) == total(before, errors) + 1
    assert not any(name == "inkling_queue_rows" for name, _ in told)


@pytest.mark.django_db(transaction=True)
def test_a_scrape_does_not_wait_for_a_locked_table(scrape, monkeypatch):
    import psycopg

    monkeypatch.setattr(rows, "TIMEOUT_MS", 200)
    params = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        params.pop(name, None)
    with psycopg.connect(**params) as other:
        other.execute("LOCK TABLE predictions_submission IN ACCESS EXCLUSIVE MODE")
        assert total(scrape(), "inkling_database_up") == 0
    assert total(scrape(), "inkling_database_up") == 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("15s",)


def test_what_fails_is_counted_by_its_reason(scrape, alice):
    before = scrape()
    make_submission(alice)
    with claims.claimed(1) as [row]:
        lifecycle.fail(row, ErrorCode.BLANK)
        assert not lifecycle.fail(row, ErrorCode.BLANK)  # the claim is lost
    labels = {"kind": "submission", "code": "blank"}
    name = "inkling_failures_total"
    assert total(scrape(), name, **labels) == total(before, name, **labels) + 1
