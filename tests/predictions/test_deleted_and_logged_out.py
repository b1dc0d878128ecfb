"""What is deleted is gone for reviewers at once, and browsers store nothing that shows a drawing after a log-out."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import AuditEvent, User
from predictions.models import Drawing, IdempotencyKey, ReviewLease, Submission
from tests.factories import make_reviewer, make_user, read_one
from tests.predictions.test_review_mode import _send, _turn, _unsure

pytestmark = pytest.mark.django_db


def _delete(row):
    Submission.objects.filter(pk=row.pk).update(deleted_at=Now())


def _with_images(owner):
    row = read_one(owner)
    Drawing.objects.filter(submission=row).update(
        strokes=None, image=b"webp", image_type="image/webp", is_original=False, thumbnail=b"\x89PNG"
    )
    return row


def _images(row):
    return {
        "owner": [reverse("submission-thumbnail", args=[row.id]), reverse("submission-image", args=[row.id])],
        "reviewer": [reverse("admin:submission_picture", args=[row.pk]), reverse("review-image", args=[row.pk])],
    }


def test_browsers_may_store_no_image_of_a_drawing(client):
    alice, carol = make_user(), make_reviewer()
    row = _with_images(alice)
    ReviewLease.objects.create(submission=row, reviewer=carol, holder=row.id, lease_until=Now())
    for user, kind in ((alice, "owner"), (carol, "reviewer")):
        client.force_login(user)
        for path in _images(row)[kind]:
            answer = client.get(path)
            assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store"), path
        _delete(row)
        assert {client.get(path).status_code for path in _images(row)[kind]} == {404}
        Submission.objects.update(deleted_at=None)


def test_programs_may_store_no_image_either(api, alice):
    row = _with_images(alice)
    assert api.get(reverse("api-submission-image", args=[row.id]))["Cache-Control"] == "private, no-store"


def test_with_a_session_browsers_store_nothing_of_the_api_either(client, api, alice):
    path = reverse("api-submission", args=[read_one(alice).id])
    assert api.get(path)["Cache-Control"] == "private, no-cache"
    client.force_login(alice)
    assert client.get(path)["Cache-Control"] == "private, no-store"


def test_an_answer_that_is_sent_again_tells_no_reading_of_a_drawing_deleted_since(client):
    row = _unsure(make_user())
    client.force_login(make_reviewer())
    _turn(client)
    key = row.id
    assert _send(client, row.pk, key=key)["reading"]["text"] == "7"
    _delete(row)
    again = _send(client, row.pk, key=key)
    assert (again["outcome"], again["reading"]) == ("saved", None)


def test_djangos_log_keeps_no_reading_and_no_id_of_a_drawing(client):
    row = read_one(make_user())
    root = User.objects.create_superuser("root", "", None)
    client.force_login(root)
    client.post(reverse("admin:predictions_submission_change", args=[row.pk]), {"label": "1"})
    assert Submission.objects.get().label == "1"
    client.post(reverse("admin:predictions_submission_delete", args=[row.pk]), {"post": "yes"})
    assert not Submission.objects.exists()
    assert not LogEntry.objects.exists()
    assert AuditEvent.objects.filter(actor=root, action="submission.deleted", target=str(row.id)).exists()


def test_idempotency_keys_of_deleted_drawings_are_hidden(client):
    row = read_one(make_user())
    IdempotencyKey.objects.create(owner=row.owner, key="once", body_sha256="0", submission=row)
    client.force_login(User.objects.create_superuser("root", "", None))
    page = reverse("admin:predictions_idempotencykey_changelist")
    assert str(row.id)[:8] in client.get(page).content.decode()
    _delete(row)
    assert str(row.id)[:8] not in client.get(page).content.decode()
