"""Repeated requests: idempotency keys, ids that clients create, and deleted submissions."""

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
from predictions.models.submissions.conditions import RESTORABLE_FOR
from predictions.worker import retention
from tests.factories import ONE, SEVEN, URL, make_submission, make_user, read_one
from tests.predictions.api.images import encode_image

pytestmark = pytest.mark.django_db
KEY = {"HTTP_IDEMPOTENCY_KEY": "order 1017"}


def _age(deleted_s):
    Submission.objects.update(deleted_at=Now() - RESTORABLE_FOR * deleted_s / 10)


def test_a_repeated_key_and_body_return_the_same_submission(api):
    first, again = api.post(URL, SEVEN, format="json", **KEY), api.post(URL, SEVEN, format="json", **KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.data["id"] == again.data["id"]
    assert again["Location"] == first["Location"]
    assert (first.get("Idempotent-Replayed"), again.get("Idempotent-Replayed")) == (None, "true")
    assert Submission.objects.count() == 1


def test_a_repeated_image_may_use_another_content_type(api):
    data = encode_image()
    responses = [
        api.post(URL, {"image": SimpleUploadedFile("a", data)}, format="multipart", **KEY),
        api.generic("POST", URL, data, content_type="image/png", **KEY),
    ]
    assert responses[0].data["id"] == responses[1].data["id"]


def test_a_key_with_another_body_is_refused(api):
    api.post(URL, SEVEN, format="json", **KEY)
    response = api.post(URL, ONE, format="json", **KEY)
    assert (response.status_code, response.data["error"]["code"]) == (422, "key_reused")
    assert Submission.objects.count() == 1


def test_keys_are_separate_for_each_user(api):
    mine = api.post(URL, SEVEN, format="json", **KEY)
    bob = APIClient()
    bob.credentials(HTTP_AUTHORIZATION=f"Token {create_token(make_user('bob'))}")
    theirs = bob.post(URL, ONE, format="json", **KEY)
    assert (theirs.status_code, theirs.data["id"] != mine.data["id"]) == (202, True)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "\xe4", "a\x00b", "a\tb"])
def test_an_invalid_key_is_refused(api, key):
    response = api.post(URL, SEVEN, format="json", HTTP_IDEMPOTENCY_KEY=key)
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")


def test_a_refused_drawing_does_not_use_up_its_key(api):
    assert api.post(URL, {"strokes": []}, format="json", **KEY).status_code == 400
    assert api.post(URL, SEVEN, format="json", **KEY).status_code == 202


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["key", "put", "batch"])
def test_twelve_concurrent_requests_create_one_row(alice, way):
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
        responses = list(pool.map(send, range(12)))
    assert {response.status_code for response in responses} == {202}
    assert len({response.data.get("id") or response.data["items"][0]["id"] for response in responses}) == 1
    assert sum("Idempotent-Replayed" in response for response in responses) == 11
    assert Submission.objects.count() == 1


def test_a_repeated_put_is_one_submission_and_another_body_is_refused(api):
    url = f"{URL}{uuid.uuid4()}/"
    first, again = api.put(url, SEVEN, format="json"), api.put(url, SEVEN, format="json")
    assert (first.status_code, again.status_code, first.data["id"]) == (202, 202, again.data["id"])
    assert (first["Location"], again["Idempotent-Replayed"]) == (url, "true")
    other = api.put(url, ONE, format="json")
    assert (other.status_code, other.data["error"]["code"]) == (409, "id_taken")
    assert Submission.objects.count() == 1


def test_put_does_not_reveal_other_users_ids(api):
    strange = make_submission(make_user("bob"))
    assert api.put(f"{URL}{strange.id}/", SEVEN, format="json").status_code == 202
    assert Submission.objects.filter(id=strange.id).count() == 2


def test_a_deleted_submission_is_404_and_its_id_and_key_are_410(api):
    url = api.post(URL, SEVEN, format="json", **KEY)["Location"]
    assert api.delete(url).status_code == 204
    IdempotencyKey.objects.update(
        created_at=Now() - RESTORABLE_FOR * 20_000
    )  # a key is kept as long as its deleted submission
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
        response = api.post(URL, SEVEN, format="json", **KEY)
        assert (response.status_code, response.data["error"]["code"]) == (410, "gone")
    assert api.get(URL).data["results"] == []


def test_a_day_after_deletion_nothing_is_left(api):
    url = api.post(URL, SEVEN, format="json", **KEY)["Location"]
    api.delete(url)
    _age(86_500)
    IdempotencyKey.objects.update(created_at=Now() - RESTORABLE_FOR * 8_650)
    retention.delete_expired()
    assert not Submission.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert api.put(url, SEVEN, format="json").status_code == 202


def test_a_minute_after_deletion_the_content_is_erased(api, alice):
    row = read_one(alice)
    assert api.delete(f"{URL}{row.id}/").status_code == 204
    _age(61)
    retention.delete_expired()
    row.refresh_from_db()
    assert (row.text, row.confidence, row.kept_bytes) == ("", None, 0)
    assert not Drawing.objects.exists()
    assert not Prediction.objects.exists()


def test_a_deleted_submission_is_not_read(api, alice):
    row = make_submission(alice)
    api.delete(f"{URL}{row.id}/")
    with claims.claimed(1) as rows:
        assert rows == []
