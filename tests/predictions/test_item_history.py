"""What happened to one drawing, on its page: readings, what people said and took back. Nobody is named."""

import pytest
from django.urls import reverse

from predictions import claims, lifecycle
from predictions.models import ModelVersion, Role, Submission
from predictions.pages.item import images
from predictions.services.review import review_submission, withdraw_review
from tests.factories import (
    make_prediction,
    make_reading,
    make_reviewer,
    make_submission,
    make_user,
    make_version,
    read_one,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client):
    alice = make_user("alice")
    client.force_login(alice)
    return alice


def _page(client, row, **query):
    answer = client.get(reverse("item", args=[row.id]), query)
    assert answer.status_code == 200
    return answer


def _happened(client, row):
    return [event.text for event in _page(client, row).context["events"]]


def test_all_that_happened_is_told_in_order_without_names(client, alice):
    carol, row = make_reviewer("carol"), read_one(alice, "7")
    review_submission(row, alice, "1", Role.OWNER)
    withdraw_review(row, alice)
    review_submission(row, carol, "4", Role.REVIEWER)
    make_prediction(row, make_version("test-2", b"newer"), "1").save()
    make_prediction(row, make_version("test-3", b"newest"), "1").save()
    assert _happened(client, row) == [
        "Sent by a program",
        "Read by test-1: 7",
        "You said: 1",
        "You took back: 1",
        "A reviewer said: 4",
        "Read again by test-2: 1. Before, it was: 7",
        "Read again by test-3: 1, as before",
    ]
    assert "carol" not in _page(client, row).content.decode()


def test_what_a_reviewer_takes_back_is_told(client, alice):
    carol, row = make_reviewer("carol"), read_one(alice, "7")
    review_submission(row, carol, "", Role.REVIEWER)
    withdraw_review(row, carol, Role.REVIEWER)
    assert _happened(client, row)[2:] == ["A reviewer said: not a digit", "A reviewer took back: not a digit"]


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        ({"verdict": "not_a_digit", "text": ""}, "Read by test-1: not a digit"),
        ({"verdict": "unsure"}, "Read by test-1: perhaps 7"),
        ({"verdict": "unsure", "written": "-7"}, "Read by test-1: perhaps -7"),
    ],
)
def test_a_reading_is_told_with_its_doubt(client, alice, reading, told):
    row = read_one(alice, "7")
    prediction = row.predictions.get()
    prediction.reading = make_reading("7") | reading
    prediction.save()
    assert told in _happened(client, row)


def test_failing_and_canceling_are_told(client, alice):
    failed = make_submission(alice)
    with claims.claimed(1) as [row]:
        lifecycle.fail(row, "blank")
    assert _happened(client, failed)[1:] == ["Not read: There is nothing drawn here. Draw a digit and try again."]
    canceled = make_submission(alice, seed=1)
    lifecycle.cancel(Submission.objects.filter(pk=canceled.pk))
    assert _happened(client, canceled)[1:] == ["Canceled"]


def test_only_the_newest_of_many_answers_are_told(client, alice):
    row = read_one(alice, "7")
    for text in range(60):
        review_submission(row, alice, str(text), Role.OWNER)
    said = _happened(client, row)[2:]
    assert (said[0], said[-1], len(said)) == ("You said: 10", "You said: 59", 50)


def test_it_is_told_in_german(client, alice):
    row = read_one(alice, "7")
    review_submission(row, alice, "1", Role.OWNER)
    events = client.get(reverse("item", args=[row.id]), headers={"Accept-Language": "de"}).context["events"]
    assert [event.text for event in events][1:] == ["Gelesen von test-1: 7", "Deine Antwort: 1"]


def test_the_two_best_of_each_digit_are_shown_without_scripts(client, alice):
    row = read_one(alice, "7")
    prediction = row.predictions.get()
    [digit] = prediction.reading["digits"]
    first = digit | {"probabilities": [0.0] * 7 + [0.9123, 0.0, 0.0871]}
    second = digit | {"digit": 1, "probabilities": [0.0002, 0.9998, *[0.0] * 8]}
    prediction.reading |= {"text": "71", "digits": [first, second]}
    prediction.save()
    answer = _page(client, row)
    assert answer.context["two_best"] == [[(7, "91.2%"), (9, "8.7%")], [(1, "99.9%")]]
    assert "The two likeliest of each digit" in answer.content.decode()
    prediction.reading |= {"verdict": "not_a_digit"}
    prediction.save()
    assert _page(client, row).context["two_best"] == []


def test_reasons_are_shown_without_scripts(client, alice):
    row = read_one(alice, "7")
    Submission.objects.filter(pk=row.pk).update(verdict="unsure", reasons=["too_small"])
    content = _page(client, row).content.decode()
    shown = content[content.index("<noscript>", content.index("submission-json")) :]
    assert "<li>The writing is too small to tell digits apart.</li>" in shown


def test_a_drawing_has_the_times_of_its_points_and_an_image_none(client, alice):
    row = read_one(alice, "7")
    drawing = _page(client, row).context["drawing"]
    assert [len(times) for times in drawing["times"]] == [len(stroke) for stroke in drawing["strokes"]]
    assert "Save as animation" in _page(client, row).content.decode()
    row.drawing.strokes, row.drawing.image, row.drawing.image_type = None, b"webp", "image/webp"
    row.drawing.save()
    answer = _page(client, row)
    assert answer.context["drawing"]["times"] is None
    assert "Save as animation" not in answer.content.decode()
    assert client.get(reverse("submission-animation", args=[row.id])).status_code == 404


def test_the_animation_is_a_private_file(client, alice):
    row = read_one(alice, "7")
    answer = client.get(reverse("submission-animation", args=[row.id]))
    assert answer.content.startswith(b"GIF89a")
    assert answer["Content-Type"] == "image/gif"
    assert answer["Content-Disposition"] == f'attachment; filename="drawing-{str(row.id)[:8]}.gif"'
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_user_gets_so_many_animations_a_minute(client, alice, monkeypatch):
    row, others = read_one(alice, "7"), read_one(make_user("bob"), "7")
    monkeypatch.setattr(images, "ANIMATIONS", (2, 60))
    address = reverse("submission-animation", args=[row.id])
    assert [client.get(address).status_code for _ in range(3)] == [200, 200, 429]
    assert 0 < int(client.get(address)["Retry-After"]) <= 60
    client.force_login(others.owner)
    assert client.get(reverse("submission-animation", args=[others.id])).status_code == 200


@pytest.mark.parametrize("name", ["item", "submission-animation", "submission-thumbnail"])
def test_pages_of_a_drawing_are_kept_by_nobody_and_tell_no_other_site(client, alice, name):
    row = read_one(alice, "7")
    row.drawing.thumbnail = b"png"
    row.drawing.save()
    address = reverse(name, args=[row.id])
    answer = client.get(address)
    assert "private" in answer["Cache-Control"] and "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
    client.force_login(make_user("bob"))
    assert client.get(address).status_code == 404
    Submission.objects.filter(pk=row.pk).update(deleted_at=row.created_at)
    client.force_login(alice)
    assert client.get(address).status_code == 404


def test_a_drawing_that_was_sent_with_impossible_times_has_a_page(client, alice):
    row = read_one(alice, "7")
    row.drawing.strokes = [[[0, 0, -(2**53)], [1, 1, 2**53], [2, 2]], [], [[5, 5, 0]]]
    row.drawing.save()
    assert _page(client, row).context["drawing"]["times"][-1][0] > 0
    assert client.get(reverse("submission-animation", args=[row.id])).status_code == 200


def test_readings_of_older_workers_do_not_break_the_page(client, alice):
    """An older worker stored no confidence and no signs."""
    row = read_one(alice, "7")
    prediction = row.predictions.get()
    prediction.reading = {key: value for key, value in prediction.reading.items() if key != "confidence"}
    prediction.save()
    assert ModelVersion.objects.count() == 1
    assert _happened(client, row)[1] == "Read by test-1: 7"
