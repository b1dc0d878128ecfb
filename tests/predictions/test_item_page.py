"""The page of one submission: explanations next to their own readings, and the retry under quotas."""

import pytest
from django.urls import reverse

from predictions import claims, lifecycle
from predictions.models import ModelVersion, Prediction
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
