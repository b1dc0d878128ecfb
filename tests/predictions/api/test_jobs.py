"""Jobs on a finished submission, by the API and on its page: explanations and repeated readings."""

import re
import threading

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from ml.types import SIDE
from predictions import claims, lifecycle, tasks
from predictions.models import ErrorCode, Job, ModelVersion, Status, Submission
from predictions.services.explanations import headline, heat_paths, reasons
from tests.factories import (
    SEEN,
    URL,
    explain,
    make_job,
    make_prediction,
    make_submission,
    make_user,
    make_version,
    read_one,
)

pytestmark = pytest.mark.django_db


def _why(row, query=""):
    return f"{URL}{row.id}/explanation/{query}"


def _again(row):
    return f"{URL}{row.id}/read-again/"


def _read_by_another(row, text="1"):
    """Finish a job that reads `row` again with a newer live model."""
    version = make_version("newer", b"newer")
    job = make_job(row, "read_again", version)
    with claims.claimed_job() as [claimed]:
        lifecycle.complete_job(claimed, prediction=make_prediction(row, version, text))
    return job


def test_an_explanation_is_404_until_requested_then_queued_once_then_returned(api, alice, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "wake_worker_for_job", lambda: rung.append(1))
    row = read_one(alice)
    assert api.get(_why(row)).status_code == 404
    for _ in range(2):
        response = api.post(_why(row))
        assert (response.status_code, response.data["status"], response["Retry-After"]) == (202, "queued", "1")
    assert (rung, Job.objects.count(), Job.objects.get().asked_by) == ([1], 1, alice)
    response = api.get(_why(row))
    assert (response.status_code, response.data["explanation"], response["Cache-Control"]) == (200, None, "no-store")
    Job.objects.all().delete()
    explain(row)
    for response in (api.get(_why(row)), api.post(_why(row))):
        assert (response.status_code, response.data["status"], "Retry-After" in response) == (200, "succeeded", False)
        explained = response.data["explanation"]
        assert explained["text"] == (
            "Looks like a 7, but could be a 1. "
            "The ink on the left points most strongly to 7. No part of the ink points to 1."
        )
        assert [len(line) for line in explained["digits"][0]["heat"]] == [SIDE] * SIDE
        assert response.data["model"]["version"] == "test-1"


def test_a_submission_without_a_reading_cannot_be_explained(api, alice):
    response = api.post(_why(make_submission(alice)))
    assert (response.status_code, response.data["error"]["code"]) == (409, "not_read")


def test_the_reading_of_any_model_can_be_explained(api, alice):
    row = read_one(alice)
    _read_by_another(row)
    assert api.post(_why(row)).data["model"]["version"] == "test-1"
    assert api.post(_why(row, "?model=newer")).data["model"]["version"] == "newer"
    assert api.get(_why(row, "?model=newer")).status_code == 200
    assert api.post(_why(row, "?model=nobody%00")).status_code == 400
    assert set(Job.objects.filter(kind="explain").values_list("model_version__name", flat=True)) == {
        "test-1",
        "newer",
    }


def test_reading_again_adds_a_reading_and_keeps_the_result(api, alice):
    row = read_one(alice, "7")
    etag = api.get(f"{URL}{row.id}/")["ETag"]
    response = api.post(_again(row))
    assert (response.status_code, response.data["reading"]["text"], response.data["asked_at"]) == (200, "7", None)
    assert not Job.objects.exists(), "the live model has read it"
    assert api.get(_again(row)).status_code == 404
    make_version("newer", b"newer")
    for _ in range(2):
        response = api.post(_again(row))
        assert (response.status_code, response.data["model"]["version"], response.data["reading"]) == (
            202,
            "newer",
            None,
        )
    with claims.claimed_job() as [claimed]:
        lifecycle.complete_job(claimed, prediction=make_prediction(row, claimed.model_version, "1"))
    response = api.get(_again(row))
    assert (response.data["status"], response.data["reading"]["text"]) == ("succeeded", "1")
    body = api.get(f"{URL}{row.id}/", HTTP_IF_NONE_MATCH=etag).data
    assert (body["status"], body["result"]["text"], body["result"]["model"]["version"]) == ("succeeded", "7", "test-1")
    assert [(other["text"], other["model"]["version"]) for other in body["readings"]] == [("1", "newer")]
    assert api.get(URL).data["results"][0]["text"] == "7"
    assert api.post(_again(row)).status_code == 200


@pytest.mark.parametrize(
    ("code", "status"), [("blank", 202), ("too_many_digits", 202), ("gave_up", 409), ("no_model", 409)]
)
def test_a_failed_submission_can_be_read_again_unless_it_can_be_retried(api, alice, code, status):
    make_version()
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, code)
    assert api.post(_again(row)).status_code == status
    row.refresh_from_db()
    assert (row.status, row.error_code) == (Status.FAILED, code)


def test_reading_again_needs_a_finished_submission_and_a_live_model(api, alice):
    row = read_one(alice)
    assert api.post(_again(make_submission(alice))).data["error"]["code"] == "not_readable"
    ModelVersion.objects.update(is_live=False)
    response = api.post(_again(row))
    assert (response.status_code, response.data["error"]["code"], response["Retry-After"]) == (503, "no_model", "60")


def test_a_failed_job_says_why_and_is_retried_if_the_service_failed(api, alice):
    row = read_one(alice)
    for code, status in (("gave_up", 202), ("blank", 200)):
        Job.objects.all().delete()
        make_job(row)
        with claims.claimed_job() as [claimed]:
            lifecycle.fail(claimed, ErrorCode(code))
        assert api.get(_why(row)).data["error"]["code"] == code
        assert api.post(_why(row)).status_code == status


def test_jobs_have_their_own_quota_and_lanes(api, alice, settings):
    settings.INTERACTIVE_SHARE, settings.IN_FLIGHT_LIMIT = 1, 2
    rows = [read_one(alice) for _ in range(3)]
    assert [api.post(_why(row)).status_code for row in rows] == [202, 202, 429]
    assert list(Job.objects.order_by("pk").values_list("lane", flat=True)) == ["interactive", "bulk"]
    response = api.post(_why(rows[2]))
    assert (response.data["error"]["code"], response["Retry-After"]) == ("too_many_in_flight", "1")


@pytest.mark.django_db(transaction=True)
def test_a_long_poll_ends_as_soon_as_the_job_is_done(api, alice, monkeypatch):
    from predictions.services import long_poll

    monkeypatch.setattr(long_poll, "POLL_S", 30.0)  # so that only the notification can be quick
    row, waits = read_one(alice), threading.Event()
    make_job(row)
    wait = long_poll.Waiter.wait
    monkeypatch.setattr(long_poll.Waiter, "wait", lambda *args: (waits.set(), wait(*args))[1])
    long_poll.listener.stop()

    def finish():
        try:
            assert waits.wait(10)
            with claims.claimed_job() as [claimed]:
                lifecycle.complete_job(claimed, {"digits": []})
        finally:
            connection.close()

    worker = threading.Thread(target=finish)
    worker.start()
    response = api.get(_why(row), {"wait": 10})
    worker.join()
    assert (response.data["status"], response.data["explanation"]) == ("succeeded", {"text": "", "digits": []})


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return lambda row: client.get(row.get_absolute_url()).content.decode()


def test_the_page_offers_an_explanation_and_shows_it(page, client, alice):
    row = read_one(alice)
    assert 'data-state="unasked"' in page(row)
    assert client.post(reverse("explain", args=[row.id]), {"model": "test-1"}).url == row.get_absolute_url()
    assert Job.objects.get().kind == "explain"
    assert 'data-state="pending"' in page(row)
    Job.objects.all().delete()
    row.predictions.update(
        reading=row.predictions.get().reading
        | {"digits": [{"digit": 7, "probabilities": [0.1] * 10, "input": "/" * 1045 + "w=="}]}
    )
    explain(row)
    html = page(row)
    assert "Looks like a 7, but could be a 1." in html
    assert {"for", "against", "ink"} == set(re.findall(r'<path data-kind="(\w+)"', html))
    assert client.post(reverse("explain", args=[row.id]), {"model": "nobody"}).status_code == 404


def test_the_page_shows_old_and_new_side_by_side(page, client, alice):
    row = read_one(alice, "7")
    assert "The live model, test-1, has already read this." in page(row)
    client.post(reverse("read-again", args=[row.id]))
    assert not Job.objects.exists()
    make_version("newer", b"newer")
    assert "Read again with newer" in page(row)
    client.post(reverse("read-again", args=[row.id]))
    assert "Reading again." in page(row)
    with claims.claimed_job() as [claimed]:
        lifecycle.complete_job(claimed, prediction=make_prediction(row, claimed.model_version, "1"))
    html = page(row)
    assert re.findall(r'<th scope="row">(\w+-?\d?)</th>', html) == ["test-1", "newer"]
    assert "Read as 7" in html


def test_reading_a_blank_drawing_again_is_offered_only_with_a_newer_model(page, alice):
    version, row = make_version(), make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, "blank")
    ModelVersion.objects.filter(pk=version.pk).update(promoted_at=Submission.objects.get().created_at)
    assert "data-state" not in page(row)
    ModelVersion.objects.update(promoted_at=Now())
    assert "Read again with test-1" in page(row)


@pytest.mark.parametrize("act", ["explain", "read-again"])
def test_other_users_cannot_start_jobs(client, alice, act):
    row = read_one(alice)
    client.force_login(make_user("bob"))
    assert client.post(reverse(act, args=[row.id]), {"model": "test-1"}).status_code == 404
    assert not Job.objects.exists()


def test_the_page_says_when_a_quota_is_reached(page, client, alice, settings):
    settings.IN_FLIGHT_LIMIT, row = 0, read_one(alice)
    client.force_login(alice)
    answer = client.post(reverse("explain", args=[row.id]), {"model": "test-1"}, follow=True)
    assert "Too many of your drawings are waiting." in answer.content.decode()


def test_an_explanation_in_words_depends_on_the_odds():
    told = {"digit": 7, "runner_up": 1, "for_at": "top left", "against_at": "bottom"}
    assert headline(told | {"log_odds": 9.0}) == "Looks like a 7. The closest alternative is a 1."
    assert headline(told | {"log_odds": 2.0}) == "Looks like a 7, but could be a 1."
    assert headline(told | {"log_odds": -1.0}).startswith("Read as a 7, though on its own it looks more like a 1")
    assert (
        reasons(told)
        == "The ink at the top left points most strongly to 7. The ink at the bottom points most strongly to 1."
    )


def test_a_heat_map_shows_only_ink():
    assert list(heat_paths(SEEN, [[1.0] * SIDE] * SIDE)) == []
