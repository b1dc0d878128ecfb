"""Actions of an owner: wait, cancel, retry, review, get the image, set a deadline."""

import base64
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from predictions import claims, lifecycle
from predictions.models import Drawing, Review, Role, Status, Submission
from predictions.services.review import review_submission
from tests.factories import (
    SEVEN,
    URL,
    make_prediction,
    make_reviewer,
    make_submission,
    make_user,
    make_version,
    read_one,
)
from tests.predictions.api.images import encode_image

pytestmark = pytest.mark.django_db


def _url(row, act=""):
    return f"{URL}{row.id}/{act}"


def _failed(alice, code):
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, code)
    return row


def test_an_image_is_accepted_as_base64_in_json(api):
    data = encode_image()
    assert api.post(URL, {"image": base64.b64encode(data).decode()}, format="json").status_code == 202
    assert bytes(Drawing.objects.get().image) == data


@pytest.mark.parametrize("image", ["", "no base64!", "AAAA", "=", 7, None, {}, "data:image/png;base64,AAAA", "ä"])
def test_base64_that_is_not_an_image_is_refused(api, image):
    response = api.post(URL, {"image": image}, format="json")
    assert response.status_code == 400
    assert response.data["error"]["code"] in {"invalid", "empty", "unreadable"}


def test_an_image_and_strokes_together_are_refused(api):
    response = api.post(URL, {"image": base64.b64encode(encode_image()).decode(), **SEVEN}, format="json")
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")


def test_json_with_too_many_values_is_refused_before_parsing(api):
    body = b'{"image": "' + b"A" * 3_000_000 + b'", "x": [' + b"[]," * 1_000_000 + b"[]]}"
    response = api.generic("POST", URL, body, content_type="application/json")
    assert (response.status_code, response.data["error"]["code"]) == (413, "too_large")


def test_an_unfinished_submission_is_not_cacheable(api, alice):
    response = api.get(_url(make_submission(alice)))
    assert (response["Cache-Control"], response["Retry-After"]) == ("no-store", "1")
    assert "ETag" not in response


def test_a_finished_submission_has_an_etag(api, alice):
    row = read_one(alice)
    first = api.get(_url(row))
    assert first["Cache-Control"] == "private, no-cache"
    assert "Retry-After" not in first
    again = api.get(_url(row), HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    api.post(_url(row, "review/"), {"text": "1"}, format="json")
    changed = api.get(_url(row), HTTP_IF_NONE_MATCH=first["ETag"])
    assert (changed.status_code, changed.data["label"]["text"]) == (200, "1")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["succeed", "fail", "cancel"])
def test_a_long_poll_ends_as_soon_as_it_is_finished(api, alice, end, monkeypatch):
    from predictions.services import long_poll

    monkeypatch.setattr(long_poll, "POLL_S", 30.0)  # so that only the notification can be quick
    version, row, waits = make_version(), make_submission(alice), threading.Event()
    wait = long_poll.Waiter.wait
    monkeypatch.setattr(long_poll.Waiter, "wait", lambda *args: (waits.set(), wait(*args))[1])
    long_poll.listener.stop()

    def finish():
        try:
            assert waits.wait(10)
            with claims.claimed(1) as [claimed]:
                if end == "succeed":
                    lifecycle.succeed(claimed, make_prediction(claimed, version))
                elif end == "fail":
                    lifecycle.fail(claimed, "blank")
                else:
                    lifecycle.cancel(Submission.objects.filter(pk=row.pk))
        finally:
            connection.close()

    worker = threading.Thread(target=finish)
    worker.start()
    response = api.get(_url(row), {"wait": 10})
    worker.join()
    assert response.data["status"] == {"succeed": "succeeded", "fail": "failed", "cancel": "canceled"}[end]


@pytest.mark.django_db(transaction=True)
def test_a_long_poll_holds_no_database_connection(api, alice, monkeypatch):
    from predictions.services import long_poll

    held = []
    monkeypatch.setattr(long_poll, "_wait_once", lambda row, *_: held.append(connection.connection) or row)
    api.get(_url(make_submission(alice)), {"wait": 1})
    assert held
    assert set(held) == {None}


def test_over_the_limit_of_waiters_the_response_comes_at_once(api, alice, settings):
    settings.WAITERS_LIMIT = 0
    response = api.get(_url(make_submission(alice)), {"wait": 10})
    assert (response.status_code, response.data["status"]) == (200, "queued")
    response = api.post(URL, SEVEN, format="json", HTTP_PREFER="wait=10")
    assert (response.status_code, "Preference-Applied" in response) == (202, False)


@pytest.mark.parametrize("wait", ["", "-1", "1.5", "x", "9" * 4_000, "٣", "3601"])
def test_an_invalid_wait_is_refused(api, alice, wait):
    response = api.get(_url(make_submission(alice)), {"wait": wait})
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")


def test_only_unfinished_submissions_can_be_canceled(api, alice):
    row = make_submission(alice)
    for _ in range(2):
        response = api.post(_url(row, "cancel/"))
        assert (response.status_code, response.data["status"]) == (200, "canceled")
    response = api.post(_url(read_one(alice), "cancel/"))
    assert (response.status_code, response.data["error"]["code"]) == (409, "not_cancelable")


@pytest.mark.parametrize(("code", "status"), [("gave_up", 200), ("deadline", 200), ("no_model", 200), ("blank", 409)])
def test_only_failures_of_the_service_can_be_retried(api, alice, code, status):
    response = api.post(_url(_failed(alice, code), "retry/"))
    assert response.status_code == status
    if status == 200:
        assert (response.data["status"], response.data["error"], response["Retry-After"]) == ("queued", None, "1")
    else:
        assert response.data["error"]["code"] == "not_retryable"


@pytest.mark.parametrize(("text", "is_digit"), [("1", True), ("", False), ("28/08/42", True), ("1" * 64, True)])
def test_the_owner_can_review_a_submission(api, alice, text, is_digit):
    response = api.post(_url(read_one(alice), "review/"), {"text": text}, format="json")
    assert response.status_code == 201
    assert response.data["label"] == {"text": text, "is_digit": is_digit, "by": "owner"}
    assert Review.objects.get().reviewer == alice


@pytest.mark.parametrize(
    "body", [{}, [], None, {"text": 7}, {"text": "x"}, {"text": "-/"}, {"text": "1" * 65}, {"text": " 1"}]
)
def test_an_invalid_review_is_refused(api, alice, body):
    response = api.post(_url(read_one(alice), "review/"), body, format="json")
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
    assert not Review.objects.exists()


def test_an_unfinished_submission_cannot_be_reviewed(api, alice):
    response = api.post(_url(make_submission(alice), "review/"), {"text": "7"}, format="json")
    assert (response.status_code, response.data["error"]["code"]) == (409, "unfinished")


def test_an_owner_takes_reviews_back_one_by_one(api, alice):
    row = read_one(alice)
    for text in ("1", "2"):
        api.post(_url(row, "review/"), {"text": text}, format="json")
    response = api.delete(_url(row, "review/"))
    assert (response.status_code, response.data["label"]["text"]) == (200, "1")
    assert api.delete(_url(row, "review/")).data["label"] is None
    response = api.delete(_url(row, "review/"))
    assert (response.status_code, response.data["error"]["code"]) == (409, "not_reviewed")
    assert Review.objects.filter(withdrawn_at__isnull=False).count() == 2


def test_an_owner_cannot_take_back_what_a_reviewer_said(api, alice):
    row = read_one(alice)
    api.post(_url(row, "review/"), {"text": "1"}, format="json")
    review_submission(row, make_reviewer(), "2", Role.REVIEWER)
    assert api.delete(_url(row, "review/")).data["label"] == {"text": "2", "is_digit": True, "by": "desk"}
    assert api.delete(_url(row, "review/")).status_code == 409


def test_the_image_is_the_copy_that_a_worker_stored(api, alice):
    long_poll = api.generic("POST", URL, encode_image(), content_type="image/png").data["id"]
    assert api.get(f"{URL}{long_poll}/image/").status_code == 409  # never the upload itself
    row = Submission.objects.get(id=long_poll)
    Drawing.objects.filter(submission=row).update(image=b"copy", image_type="image/webp", is_original=False)
    response = api.get(_url(row, "image/"))
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"copy", "image/webp")
    assert response["Cache-Control"].startswith("private")
    strokes = make_submission(alice)
    assert api.get(_url(strokes, "image/")).status_code == 409
    Drawing.objects.filter(submission=strokes).update(thumbnail=b"small")
    response = api.get(_url(strokes, "image/"))
    assert (response.content, response["Content-Type"]) == (b"small", "image/png")


@pytest.mark.parametrize(("method", "act"), [
    ("get", ""), ("delete", ""), ("post", "cancel/"), ("post", "retry/"), ("post", "review/"),
    ("delete", "review/"), ("get", "image/"),
    ("post", "explanation/"), ("get", "explanation/"), ("post", "read-again/"), ("get", "read-again/"),
])  # fmt: skip
def test_another_users_submission_is_404_for_every_action(api, method, act):
    strange = read_one(make_user("bob"))
    response = getattr(api, method)(_url(strange, act), {"text": "7"} if act == "review/" else None, format="json")
    assert (response.status_code, response.data["error"]["code"]) == (404, "not_found")
    strange.refresh_from_db()
    assert (strange.deleted_at, strange.label) == (None, None)


def test_a_passed_deadline_fails_a_submission_without_any_worker(api):
    response = api.post(URL, SEVEN, format="json", HTTP_CANCEL_AFTER="60")
    assert response.data["status"] == "queued"
    Submission.objects.update(deadline_at=Now() - timedelta(seconds=1))
    response = api.get(response["Location"])
    assert (response.data["status"], response.data["error"]["code"]) == ("failed", "deadline")
    assert api.post(f"{response.data['url']}retry/").data["status"] == Status.QUEUED


@pytest.mark.parametrize("seconds", ["", "-1", "1.5", "soon", "86401", "9" * 4_000])
def test_an_invalid_deadline_is_refused(api, seconds):
    response = api.post(URL, SEVEN, format="json", HTTP_CANCEL_AFTER=seconds)
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
