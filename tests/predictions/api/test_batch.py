"""Many drawings at once, and the lanes that keep them out of others' way."""

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
    answer = api.post(BATCH, {"image": [_upload(images[0]), _upload(b"none"), _upload(images[2])]}, format="multipart")
    assert answer.status_code == 202
    first, wrong, last = answer.data["items"]
    assert wrong["error"]["code"] == "unreadable"
    kept = {str(row.submission.id): bytes(row.image) for row in Drawing.objects.select_related("submission")}
    assert kept == {first["id"]: images[0], last["id"]: images[2]}
    rows = Submission.objects.filter(owner=alice, batch=answer.data["batch"])
    assert {(row.source, row.lane, row.status) for row in rows} == {(Source.BATCH, Lane.BULK, "queued")}


def test_a_batch_of_json_may_mix_strokes_and_images(api):
    image = base64.b64encode(encode_image()).decode()
    answer = api.post(BATCH, [SEVEN, {"image": image}, {"strokes": []}, 7, None], format="json")
    kinds = ["id" if "id" in item else item["error"]["code"] for item in answer.data["items"]]
    assert kinds == ["id", "id", "blank", "invalid", "invalid"]
    listed = api.get(URL, {"batch": answer.data["batch"]}).data["results"]
    assert [row["id"] for row in reversed(listed)] == [item["id"] for item in answer.data["items"][:2]]


def test_of_a_batch_with_nothing_in_it_to_read_nothing_is_taken(api):
    answer = api.post(BATCH, [7], format="json")
    assert (answer.status_code, answer.data["batch"]) == (202, None)
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
def test_a_batch_that_is_none_or_too_long_is_refused_whole(api, body, status, code):
    answer = api.post(BATCH, body, format="json")
    assert (answer.status_code, answer.data["error"]["code"]) == (status, code)
    assert not Submission.objects.exists()


def test_a_batch_of_too_many_images_or_bytes_is_refused_whole(api, settings):
    images = [_upload(encode_image()) for _ in range(101)]
    answer = api.post(BATCH, {"image": images}, format="multipart")
    assert (answer.status_code, answer.data["error"]["code"]) == (413, "too_many_items")
    settings.BATCH_LIMIT_BYTES = 1_000
    answer = api.post(BATCH, {"image": [_upload(bytes(600)) for _ in range(2)]}, format="multipart")
    assert (answer.status_code, answer.data["error"]["code"]) == (413, "too_large")
    assert not Submission.objects.exists()


def test_a_batch_with_a_key_is_taken_once(api):
    key = {"HTTP_IDEMPOTENCY_KEY": "night run"}
    first = api.post(BATCH, [SEVEN, 7, ONE], format="json", **key)
    again = api.post(BATCH, [SEVEN, 7, ONE], format="json", **key)
    assert first.data == again.data
    assert again["Idempotent-Replayed"] == "true"
    assert api.post(BATCH, [SEVEN], format="json", **key).status_code == 422
    api.delete(first.data["items"][0]["url"])
    again = api.post(BATCH, [SEVEN, 7, ONE], format="json", **key)
    assert [item.get("error", {}).get("code") for item in again.data["items"]] == ["gone", "invalid", None]


def test_one_persons_many_drawings_wait_behind_anothers_one(api, alice, settings):
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
