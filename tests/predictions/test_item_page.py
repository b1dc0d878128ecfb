"""The page of one submission: explanations next to their own readings, and the retry under quotas."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from predictions import claims, lifecycle
from predictions.models import ModelVersion, Prediction, Submission
from tests.factories import explain, make_prediction, make_reading, make_submission, make_user, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client):
    alice = make_user("alice")
    client.force_login(alice)
    return alice


def _get_explanations(client, row):
    answer = client.get(reverse("item", args=[row.id]))
    assert answer.status_code == 200
    return answer.context["jobs"]["explanations"]


@pytest.mark.parametrize("text", ["71", "1"])
def test_an_explanation_is_shown_only_with_the_reading_it_explains(client, alice, text):
    """The same model reads again with a newer segmentation, and finds other digits."""
    row = read_one(alice, "7")
    explain(row)
    newer = make_prediction(row, ModelVersion.objects.get(), text)
    newer.preprocessing = "newer"
    newer.reading = {**make_reading(text), "digits": [make_reading(digit)["digits"][0] for digit in text]}
    newer.save()
    first, second = _get_explanations(client, row)
    assert [digit["digit"] for digit in first["digits"]] == [7]
    assert (second["digits"], second["state"]) == ([], "unasked")


def test_an_explanation_of_other_digits_is_not_shown(client, alice):
    row = read_one(alice, "7")
    explain(row)
    Prediction.objects.update(reading=make_reading("1"))
    [shown] = _get_explanations(client, row)
    assert (shown["digits"], shown["state"]) == ([], "unasked")


def test_an_owner_takes_an_answer_back(client, alice):
    row = read_one(alice, "7")
    client.post(reverse("review", args=[row.id]), {"answer": "wrong", "text": "1"})
    for said in ("Your answer was taken back.", "There is no answer of yours to take back."):
        answer = client.post(reverse("withdraw-review", args=[row.id]), follow=True)
        row.refresh_from_db()
        assert (row.label, row.label_by) == (None, "")
        assert said in answer.content.decode()


def test_an_answer_that_is_sent_twice_is_one_answer(client, alice):
    row = read_one(alice, "7")
    for text in ("1", "1", "2", "1"):
        client.post(reverse("review", args=[row.id]), {"answer": "wrong", "text": text})
    assert list(row.reviews.order_by("pk").values_list("text", flat=True)) == ["1", "2", "1"]


def test_nobody_takes_back_what_a_stranger_said(client, alice):
    row = read_one(make_user("bob"), "7")
    assert client.post(reverse("withdraw-review", args=[row.id])).status_code == 404


def test_a_retry_on_the_page_keeps_the_quota(client, alice, settings):
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, "gave_up")
    settings.QUEUE_LIMIT = 0
    answer = client.post(reverse("retry", args=[row.id]), follow=True)
    row.refresh_from_db()
    assert row.status == "failed"
    assert "Too many drawings are waiting. Try again in a moment." in answer.content.decode()


def test_the_owner_lets_a_drawing_train_models_and_takes_it_back(client, alice):
    row = read_one(alice)
    page = reverse("item", args=[row.id])
    assert "This drawing does not train our models." in client.get(page).content.decode()
    answer = client.post(reverse("train", args=[row.id]), {"may_train": "on"}, follow=True).content.decode()
    assert "This drawing may now train our models." in answer and "once a reviewer has labeled it" in answer
    row.refresh_from_db()
    assert row.may_train
    answer = client.post(reverse("train", args=[row.id]), {"may_train": "off"}, follow=True).content.decode()
    assert "This drawing will not train our models from now on." in answer
    row.refresh_from_db()
    assert not row.may_train
    client.post(reverse("train", args=[row.id]), {"may_train": "off"})
    events = AuditEvent.objects.filter(action="submission.may_train").order_by("pk")
    assert [(event.target, event.details["may_train"]) for event in events] == [
        (str(row.id), True),
        (str(row.id), False),
    ]


def test_nobody_else_lets_a_drawing_train_models(client, alice):
    row = read_one(make_user("bob"))
    assert client.post(reverse("train", args=[row.id]), {"may_train": "on"}).status_code == 404
    row.refresh_from_db()
    assert not row.may_train


def test_a_user_takes_it_back_for_all_drawings(client, alice):
    alice.may_train = True
    alice.save()
    bob = make_user("bob")
    rows = [make_submission(owner, seed=seed, may_train=True) for seed, owner in enumerate((alice, alice, bob))]
    answer = client.post(reverse("stop-training"), follow=True)
    assert "None of your drawings will train our models from now on." in answer.content.decode()
    alice.refresh_from_db()
    assert not alice.may_train
    assert list(Submission.objects.filter(may_train=True)) == [rows[2]]
    assert AuditEvent.objects.get(action="user.training_stopped").details == {"count": 2}
