"""Safe to send again: keys, ids that clients make, and what was deleted."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.tokens import create_token
from predictions import claims
from predictions.models import Drawing, IdempotencyKey, Prediction, Submission
from predictions.models.submissions import RESTORABLE_FOR
from predictions.worker import retention
from tests.factories import ONE, SEVEN, URL, make_submission, make_user, read_one
from tests.predictions.test_api import _image

pytestmark = pytest.mark.django_db
KEY = {"HTTP_IDEMPOTENCY_KEY": "order 1017"}


def _age(deleted_s):
    Submission.objects.update(deleted_at=Now() - RESTORABLE_FOR * deleted_s / 10)


def test_a_key_sent_again_with_its_body_finds_the_same_submission(api):
    first, again = api.post(URL, SEVEN, format="json", **KEY), api.post(URL, SEVEN, format="json", **KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.data["id"] == again.data["id"]
    assert again["Location"] == first["Location"]
    assert (first.get("Idempotent-Replayed"), again.get("Idempotent-Replayed")) == (None, "true")
    assert Submission.objects.count() == 1


def test_a_retry_in_another_frame_is_the_same_body(api):
    data = _image()
    answers = [
        api.post(URL, {"image": SimpleUploadedFile("a", data)}, format="multipart", **KEY),
        api.generic("POST", URL, data, content_type="image/png", **KEY),
    ]
    assert answers[0].data["id"] == answers[1].data["id"]


def test_a_key_with_another_body_is_refused(api):
    api.post(URL, SEVEN, format="json", **KEY)
    answer = api.post(URL, ONE, format="json", **KEY)
    assert (answer.status_code, answer.data["error"]["code"]) == (422, "key_reused")
    assert Submission.objects.count() == 1


def test_a_key_is_its_owners_alone(api):
    mine = api.post(URL, SEVEN, format="json", **KEY)
    bob = APIClient()
    bob.credentials(HTTP_AUTHORIZATION=f"Token {create_token(make_user('bob'))}")
    theirs = bob.post(URL, ONE, format="json", **KEY)
    assert (theirs.status_code, theirs.data["id"] != mine.data["id"]) == (202, True)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "\xe4", "a\x00b", "a\tb"])
def test_a_key_that_is_none_is_refused(api, key):
    answer = api.post(URL, SEVEN, format="json", HTTP_IDEMPOTENCY_KEY=key)
    assert (answer.status_code, answer.data["error"]["code"]) == (400, "invalid")


def test_a_refused_drawing_leaves_its_key_free(api):
    assert api.post(URL, {"strokes": []}, format="json", **KEY).status_code == 400
    assert api.post(URL, SEVEN, format="json", **KEY).status_code == 202


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["key", "put", "batch"])
def test_of_a_race_of_twelve_one_row_comes(alice, way):
    token, barrier, id_ = create_token(alice), Barrier(12), uuid.uuid4()

    def send(_):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        barrier.wait()
        try:
            if way == "put":
                return client.put(f"{URL}{id_}/", SEVEN, format="json")
            if way == "batch":
                return client.post(f"{URL}batch/", [SEVEN], format="json", **KEY)
            return client.post(URL, SEVEN, format="json", **KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(send, range(12)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.data.get("id") or answer.data["items"][0]["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 11
    assert Submission.objects.count() == 1


def test_put_twice_is_one_submission_and_another_body_is_refused(api):
    url = f"{URL}{uuid.uuid4()}/"
    first, again = api.put(url, SEVEN, format="json"), api.put(url, SEVEN, format="json")
    assert (first.status_code, again.status_code, first.data["id"]) == (202, 202, again.data["id"])
    assert (first["Location"], again["Idempotent-Replayed"]) == (url, "true")
    other = api.put(url, ONE, format="json")
    assert (other.status_code, other.data["error"]["code"]) == (409, "id_taken")
    assert Submission.objects.count() == 1


def test_put_tells_nothing_of_others_ids(api):
    strange = make_submission(make_user("bob"))
    assert api.put(f"{URL}{strange.id}/", SEVEN, format="json").status_code == 202
    assert Submission.objects.filter(id=strange.id).count() == 2


def test_what_is_deleted_is_missing_and_its_id_and_key_say_gone(api):
    url = api.post(URL, SEVEN, format="json", **KEY)["Location"]
    assert api.delete(url).status_code == 204
    IdempotencyKey.objects.update(created_at=Now() - RESTORABLE_FOR * 20_000)  # a key lives as long as its grave
    for age in (0, 61, 86_000):
        _age(age)
        retention.delete_expired()
        assert api.get(url).status_code == 404
        assert api.delete(url).status_code == 404
        assert api.post(f"{url}retry/").status_code == 404
        assert (api.put(url, SEVEN, format="json").status_code, api.put(url, ONE, format="json").status_code) == (
            410,
            410,
        )
        answer = api.post(URL, SEVEN, format="json", **KEY)
        assert (answer.status_code, answer.data["error"]["code"]) == (410, "gone")
    assert api.get(URL).data["results"] == []


def test_after_a_day_nothing_is_left_of_what_was_deleted(api):
    url = api.post(URL, SEVEN, format="json", **KEY)["Location"]
    api.delete(url)
    _age(86_500)
    IdempotencyKey.objects.update(created_at=Now() - RESTORABLE_FOR * 8_650)
    retention.delete_expired()
    assert not Submission.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert api.put(url, SEVEN, format="json").status_code == 202


def test_a_minute_after_its_deletion_no_content_is_kept(api, alice):
    row = read_one(alice)
    assert api.delete(f"{URL}{row.id}/").status_code == 204
    _age(61)
    retention.delete_expired()
    row.refresh_from_db()
    assert (row.text, row.confidence, row.kept_bytes) == ("", None, 0)
    assert not Drawing.objects.exists()
    assert not Prediction.objects.exists()


def test_what_waits_and_is_deleted_is_not_read_any_more(api, alice):
    row = make_submission(alice)
    api.delete(f"{URL}{row.id}/")
    with claims.claimed(1) as rows:
        assert rows == []
