"""Batches, and the lanes that keep them from delaying others."""

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from predictions import claims
from predictions.models import Drawing, Lane, Source, Submission
from tests.factories import ONE, SEVEN, URL, make_submission, make_user
from tests.predictions.api.images import encode_image

pytestmark = pytest.mark.django_db
BATCH = f"{URL}batch/"


def _upload(data):
    return SimpleUploadedFile("x", data)


def test_a_batch_of_images_is_answered_in_order(api, alice):
    images = [encode_image(size=(40, 40 + number)) for number in range(3)]
    response = api.post(
        BATCH, {"image": [_upload(images[0]), _upload(b"none"), _upload(images[2])]}, format="multipart"
    )
    assert response.status_code == 202
    first, wrong, last = response.data["items"]
    assert wrong["error"]["code"] == "unreadable"
    kept = {str(row.submission.id): bytes(row.image) for row in Drawing.objects.select_related("submission")}
    assert kept == {first["id"]: images[0], last["id"]: images[2]}
    rows = Submission.objects.filter(owner=alice, batch=response.data["batch"])
    assert {(row.source, row.lane, row.status) for row in rows} == {(Source.BATCH, Lane.BULK, "queued")}


def test_a_batch_of_json_may_mix_strokes_and_images(api):
    image = base64.b64encode(encode_image()).decode()
    response = api.post(BATCH, [SEVEN, {"image": image}, {"strokes": []}, 7, None], format="json")
    kinds = ["id" if "id" in item else item["error"]["code"] for item in response.data["items"]]
    assert kinds == ["id", "id", "blank", "invalid", "invalid"]
    listed = api.get(URL, {"batch": response.data["batch"]}).data["results"]
    assert [row["id"] for row in reversed(listed)] == [item["id"] for item in response.data["items"][:2]]


def test_a_batch_without_a_valid_drawing_stores_nothing(api):
    response = api.post(BATCH, [7], format="json")
    assert (response.status_code, response.data["batch"]) == (202, None)
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "invalid"),
        ({}, 400, "invalid"),
        ("x", 400, "invalid"),
        ([SEVEN] * 101, 413, "too_many_items"),
    ],
)
def test_an_invalid_or_too_long_batch_is_refused_as_a_whole(api, body, status, code):
    response = api.post(BATCH, body, format="json")
    assert (response.status_code, response.data["error"]["code"]) == (status, code)
    assert not Submission.objects.exists()


def test_a_batch_of_too_many_images_or_bytes_is_refused_as_a_whole(api, settings):
    images = [_upload(encode_image()) for _ in range(101)]
    response = api.post(BATCH, {"image": images}, format="multipart")
    assert (response.status_code, response.data["error"]["code"]) == (413, "too_many_items")
    settings.BATCH_LIMIT_BYTES = 1_000
    response = api.post(BATCH, {"image": [_upload(bytes(600)) for _ in range(2)]}, format="multipart")
    assert (response.status_code, response.data["error"]["code"]) == (413, "too_large")
    assert not Submission.objects.exists()


def test_a_batch_with_an_idempotency_key_is_queued_once(api):
    key = {"HTTP_IDEMPOTENCY_KEY": "night run"}
    first = api.post(BATCH, [SEVEN, 7, ONE], format="json", **key)
    again = api.post(BATCH, [SEVEN, 7, ONE], format="json", **key)
    assert first.data == again.data
    assert again["Idempotent-Replayed"] == "true"
    assert api.post(BATCH, [SEVEN], format="json", **key).status_code == 422
    api.delete(first.data["items"][0]["url"])
    again = api.post(BATCH, [SEVEN, 7, ONE], format="json", **key)
    assert [item.get("error", {}).get("code") for item in again.data["items"]] == ["gone", "invalid", None]


def test_many_drawings_of_one_user_wait_behind_those_of_others(api, alice, settings):
    settings.INTERACTIVE_SHARE = 3
    for _ in range(5):
        api.post(URL, SEVEN, format="json")
    bobs = make_submission(make_user("bob"))
    assert list(Submission.objects.filter(owner=alice).order_by("key").values_list("lane", flat=True)) == [
        *3 * ["interactive"],
        *2 * ["bulk"],
    ]
    with claims.claimed(10) as rows:
        assert [row.owner_id for row in rows] == [alice.pk] * 3 + [bobs.owner_id]


@pytest.mark.parametrize("form", [{"image": [encode_image], "other": [encode_image]}, {"image": [encode_image, None]}])
def test_a_batch_with_anything_that_would_be_ignored_is_refused(api, form):
    fields = {name: [_upload(part()) if part else "text" for part in parts] for name, parts in form.items()}
    response = api.post(BATCH, fields, format="multipart")
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
    assert not Submission.objects.exists()
