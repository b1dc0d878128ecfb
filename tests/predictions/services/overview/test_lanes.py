"""A paused lane keeps what waits in it, takes more, and is told truly; the other lanes go on."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, User
from predictions import claims, fairness, health, metrics
from predictions.models import Comparison, Lane, PausedLane, Status, Submission, WorkLane
from predictions.services.overview import lanes
from predictions.worker import jobs, recognize, schedule
from predictions.worker.golden import queue_golden
from tests.factories import make_job, make_submission, make_user, make_version, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def root():
    return User.objects.create_superuser("root", password=None)


def _claim():
    with claims.claimed(32) as rows:
        return [row.pk for row in rows]


def test_nothing_is_claimed_from_a_paused_lane_and_nothing_is_lost(alice, root):
    single, bulk = make_submission(alice), make_submission(alice, lane=Lane.BULK)
    assert lanes.pause(WorkLane.INTERACTIVE, root) and not lanes.pause(WorkLane.INTERACTIVE, root)
    later = make_submission(alice)
    assert _claim() == [bulk.pk]
    assert lanes.resume(WorkLane.INTERACTIVE, root) and not lanes.resume(WorkLane.INTERACTIVE, root)
    assert _claim() == [single.pk, later.pk]
    found = AuditEvent.objects.order_by("pk").values_list("action", "target", "actor__username")
    assert list(found) == [("lane.paused", "interactive", "root"), ("lane.resumed", "interactive", "root")]


def test_what_is_claimed_when_a_lane_is_paused_is_finished(alice, root):
    make_submission(alice)
    with claims.claimed(1) as rows:
        lanes.pause(WorkLane.INTERACTIVE, root)
        assert claims.renew(rows) == 1


def test_an_abandoned_row_of_a_paused_lane_waits(alice, root):
    row = make_submission(alice)
    with claims.claimed(1):
        Submission.objects.update(lease_until=Now() - timedelta(seconds=1))
        lanes.pause(WorkLane.INTERACTIVE, root)
        with claims.claimed(1) as others:
            assert not others
    Submission.objects.filter(pk=row.pk).update(available_at=Now())
    lanes.resume(WorkLane.INTERACTIVE, root)
    assert _claim() == [row.pk]


def test_a_pause_costs_a_claim_no_query(alice, root):
    def queries():
        make_submission(alice, lane=Lane.BULK)
        with CaptureQueriesContext(connection) as caught:
            _claim()
        return len(caught)

    before = queries()
    lanes.pause(WorkLane.INTERACTIVE, root)
    assert queries() == before


@pytest.mark.parametrize("lane", [WorkLane.JOBS, WorkLane.COMPARISONS])
def test_jobs_and_comparisons_wait_while_they_are_paused(alice, root, lane):
    version = make_version()
    other = make_version("newer", b"newer", is_live=False)
    make_job(read_one(alice), "explain", version)
    Comparison.objects.create(candidate=other, rival=version)
    lanes.pause(lane, root)
    with claims.claimed_job() as found_jobs, claims.claimed_comparison() as comparisons:
        assert [len(found_jobs), len(comparisons)] == ([0, 1] if lane == WorkLane.JOBS else [1, 0])


def test_jobs_do_not_wait_for_drawings_of_a_paused_lane(alice, root, monkeypatch):
    make_job(read_one(alice), "explain", make_version())
    make_submission(alice)
    monkeypatch.setattr(recognize, "recognize_batch", lambda: 0)
    monkeypatch.setattr(jobs, "_run", lambda job, rows: True)
    assert jobs.run_next() == 0
    lanes.pause(WorkLane.INTERACTIVE, root)
    assert jobs.run_next() == 1


def test_nobody_is_told_a_place_in_a_paused_lane(alice, root):
    single, bulk = make_submission(alice), make_submission(alice, lane=Lane.BULK)
    assert [fairness.count_ahead(row) for row in (single, bulk)] == [0, 1]
    lanes.pause(WorkLane.INTERACTIVE, root)
    assert [fairness.count_ahead(row) for row in (single, bulk)] == [None, 0]


def test_the_api_says_that_a_lane_is_paused(alice, root, client):
    client.force_login(alice)
    single, bulk = make_submission(alice), make_submission(alice, lane=Lane.BULK)

    def state(**query):
        body = client.get(reverse("api-queue"), query).json()
        return body["ahead"], body["is_paused"]

    assert state(submission=single.id) == (0, False)
    lanes.pause(WorkLane.INTERACTIVE, root)
    assert [state(submission=single.id), state(submission=bulk.id), state()] == [(None, True), (0, False), (None, True)]


@pytest.mark.parametrize(("paused", "told"), [(WorkLane.INTERACTIVE, True), (WorkLane.BULK, False)])
def test_the_page_of_a_drawing_says_that_it_waits(alice, root, client, paused, told):
    client.force_login(alice)
    lanes.pause(paused, root)
    page = client.get(make_submission(alice).get_absolute_url()).content.decode()
    message = page.split("data-pending")[1].split("data-message-for")[0]
    assert ("Reading is paused right now. Your drawing is saved" in message) is told


def test_the_page_of_a_drawing_says_that_its_job_waits(alice, root, client):
    client.force_login(alice)
    row = read_one(alice)
    make_job(row, "explain", row.predictions.get().model_version)
    sentence = "Your request is saved and will be done as soon as the service resumes."
    assert sentence not in client.get(row.get_absolute_url()).content.decode()
    lanes.pause(WorkLane.JOBS, root)
    page = client.get(row.get_absolute_url()).content.decode()
    assert page.count(sentence) == 1 and page.count("data-paused") == 1


def test_golden_digits_go_through_a_lane_that_is_open(root):
    assert queue_golden().lane == Lane.INTERACTIVE
    lanes.pause(WorkLane.INTERACTIVE, root)
    assert queue_golden().lane == Lane.BULK
    for lane in (WorkLane.BULK, WorkLane.GUEST):
        lanes.pause(lane, root)
    assert metrics.find_problems([], None, paused=metrics.paused_lanes()) == ["no_workers", "reading_paused"]


def test_health_names_the_paused_lanes_and_fails_only_without_single_drawings(client, root, settings, monkeypatch):
    settings.STATUS_TOKEN = "secret"

    def report():
        monkeypatch.setattr(health, "_report_expires", 0.0)
        body = client.get("/health/status", headers={"Authorization": "Bearer secret"}).json()
        return body["paused"], "reading_paused" in body["wrong"]

    assert report() == ([], False)
    lanes.pause(WorkLane.COMPARISONS, root)
    assert report() == (["comparisons"], False)
    lanes.pause(WorkLane.INTERACTIVE, root)
    assert report() == (["comparisons", "interactive"], True)


def test_the_depth_and_the_oldest_are_told_lane_by_lane(alice, root):
    make_submission(alice, lane=Lane.BULK)
    Submission.objects.update(queued_at=Now() - timedelta(minutes=2))
    make_submission(alice, lane=Lane.BULK)
    make_job(read_one(alice))
    queue_golden()
    lanes.pause(WorkLane.BULK, root)
    states = {state.lane: state for state in lanes.lane_states()}
    assert list(states) == list(WorkLane)
    bulk = states[WorkLane.BULK]
    assert (bulk.queued, bulk.running, bulk.pause.paused_by) == (2, 0, root) and 119 < bulk.oldest_s < 180
    assert (states[WorkLane.INTERACTIVE].queued, states[WorkLane.INTERACTIVE].oldest_s) == (0, None)
    assert states[WorkLane.JOBS].queued == 1 and not states[WorkLane.JOBS].pause


def test_a_pause_outlives_the_user_who_paused(root):
    lanes.pause(WorkLane.BULK, root)
    User.objects.filter(pk=root.pk)._raw_delete("default")  # as older code deletes users, which knows no pauses
    assert next(state.pause.paused_by for state in lanes.lane_states() if state.pause) is None


def test_the_sweep_leaves_a_paused_lane_alone(alice, root):
    row = make_submission(alice)
    lanes.pause(WorkLane.INTERACTIVE, root)
    assert schedule.run_all()
    row.refresh_from_db()
    assert row.status == Status.QUEUED and PausedLane.objects.count() == 1
