"""The history: listing, filters, deletion and restoring; reviews by the owner; retries."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from rest_framework.test import APIClient

from predictions import claims, lifecycle
from predictions.models import Drawing, Review, Status, Submission
from predictions.worker import retention
from tests.factories import make_prediction, make_submission, make_user, make_version, read_one

pytestmark = pytest.mark.django_db
CANVAS = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def page(client, alice):
    """Return a function that opens one of alice's pages by its URL name."""
    client.force_login(alice)

    def open_page(name, *args, **query):
        return client.get(reverse(name, args=args), query)

    return open_page


def _shown(answer):
    return [row.pk for row in answer.context["submissions"]]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, {"seven", "three", "queued", "blank"}),
        ({"digit": "7"}, {"seven"}),
        ({"verdict": "digit"}, {"seven", "three"}),
        ({"verdict": "unsure"}, set()),
        ({"status": "failed"}, {"blank"}),
        ({"status": "queued"}, {"queued"}),
        ({"corrected": "on"}, {"three"}),
        ({"since": "2999-01-01"}, set()),
        ({"until": "2999-01-01", "digit": "3"}, {"three"}),
        ({"digit": "seventy", "since": "tomorrow"}, set()),
    ],
)
def test_the_history_is_filtered(page, alice, query, shown):
    rows = {"seven": read_one(alice, "7"), "three": read_one(alice, "3"), "blank": make_submission(alice)}
    with claims.claimed(1) as [row]:
        lifecycle.fail(row, "blank")
    rows["queued"] = make_submission(alice)
    Submission.objects.filter(pk=rows["three"].pk).update(label="8", label_by="owner")
    Submission.objects.filter(pk=rows["seven"].pk).update(label="7", label_by="owner")
    answer = page("history", **query)
    assert set(_shown(answer)) == {rows[name].pk for name in shown}
    assert answer.context["is_filtered"] == bool(query)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("", "2026-03-01"),
        ("UTC", "2026-03-01"),
        ("Asia/Tokyo", "2026-03-02"),
        ("America/Los_Angeles", "2026-03-01"),
        ("Pacific/Kiritimati", "2026-03-02"),
    ],
)
def test_days_are_in_the_readers_time_zone(page, alice, zone, day):
    row = make_submission(alice)
    Submission.objects.filter(pk=row.pk).update(created_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    answer = page("history", since=day, until=day, zone=zone)
    assert _shown(answer) == [row.pk]
    assert (zone or "UTC") in answer.content.decode()
    for other in (f"2026-03-{int(day[-2:]) + step:02}" for step in (1, 2)):
        assert _shown(page("history", since=other, zone=zone)) == []
    assert _shown(page("history", until="2026-02-28", zone=zone)) == []
    assert "zone" not in page("history").context["filters"].data
    assert not page("history", zone=zone).context["is_filtered"]


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "Europe", "/", "x" * 65, "é"])
def test_an_unknown_time_zone_is_an_error_and_nothing_matches(page, alice, zone):
    make_submission(alice)
    answer = page("history", since="2020-01-01", zone=zone)
    assert _shown(answer) == []
    assert answer.context["filters"].zone_name == "UTC"
    assert 'class="errorlist" id="id_zone_error"' in answer.content.decode()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_and_last_possible_days_are_valid(page, alice, zone):
    row = make_submission(alice)
    assert _shown(page("history", since="0001-01-01", until="9999-12-31", zone=zone)) == [row.pk]


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ({"since": "foo"}, "since", "Enter a valid date."),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "until", "The end date is before the start date."),
    ],
)
def test_invalid_days_are_reported_next_to_their_field(page, alice, asked, field, says):
    html = page("history", **asked).content.decode()
    assert f'<ul class="errorlist" id="id_{field}_error"><li>{says}</li></ul>' in html
    assert '<details class="card filters" open>' in html
    assert {day for day in asked.values() if f'value="{day}"' in html} == {*asked.values()} - {"foo"}


def test_times_are_rendered_in_utc_for_a_script_to_convert(page, alice):
    row = make_submission(alice)
    Submission.objects.filter(pk=row.pk).update(created_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    for name, form in (("history", "minute"), ("item", "zone")):
        html = page(name, *([row.id] if name == "item" else [])).content.decode()
        assert f'<time datetime="2026-03-01T23:30:00+00:00" data-time="{form}">March 1, 2026, 23:30 UTC</time>' in html


def test_filters_are_kept_from_page_to_page(page, client, alice):
    for _ in range(30):
        make_submission(alice)
    answer = page("history", status="queued")
    assert "status=queued" in answer.context["next_url"]
    assert len(_shown(client.get(answer.context["next_url"]))) == 6


def test_a_newer_reading_of_a_canvas_supersedes_the_older(alice):
    first = make_submission(alice, canvas=CANVAS)
    read_first = make_submission(make_user("bob"), canvas=CANVAS)
    second = make_submission(alice, canvas=CANVAS)
    for row in (first, second, read_first):
        row.refresh_from_db()
    assert (first.status, first.superseded_at is None) == (Status.CANCELED, False)
    assert (second.status, second.superseded_at) == (Status.QUEUED, None)
    assert read_first.superseded_at is None


def test_a_newer_reading_of_a_canvas_cancels_the_one_that_a_worker_has_claimed(alice):
    first, version = make_submission(alice, canvas=CANVAS), make_version()
    with claims.claimed(1) as [claimed]:
        make_submission(alice, canvas=CANVAS)
        assert not lifecycle.succeed(claimed, make_prediction(claimed, version))
    first.refresh_from_db()
    assert (first.status, first.superseded_at is None) == (Status.CANCELED, False)
    assert Submission.objects.filter(canvas=CANVAS).unfinished().count() == 1


def test_a_superseded_reading_is_hidden_and_erased_after_a_day(page, alice):
    old, new = read_one(alice), make_submission(alice)
    Submission.objects.filter(pk=old.pk).update(superseded_at=Now())
    assert _shown(page("history")) == [new.pk]
    retention.delete_expired()
    assert Submission.objects.filter(pk=old.pk).exists()
    Submission.objects.filter(pk=old.pk).update(superseded_at=Now() - timedelta(days=1, minutes=1))
    retention.delete_expired()
    assert not Submission.objects.filter(pk=old.pk).exists()


def test_a_corrected_reading_is_not_superseded(page, alice):
    row = read_one(alice, "7")
    Submission.objects.filter(pk=row.pk).update(canvas=CANVAS, label="1", label_by="owner")
    newer = make_submission(alice, canvas=CANVAS)
    assert _shown(page("history")) == [newer.pk, row.pk]


def test_confirming_that_it_is_not_a_digit_is_not_a_correction(page, alice):
    row = read_one(alice, "8")
    Submission.objects.filter(pk=row.pk).update(verdict="not_a_digit", label="", label_by="owner")
    assert _shown(page("history", corrected="on")) == []
    assert _shown(page("history", digit="8")) == []
    Submission.objects.filter(pk=row.pk).update(verdict="digit")
    assert _shown(page("history", corrected="on")) == [row.pk]


def test_a_drawing_without_a_reading_cannot_be_confirmed(page, client, alice):
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, "blank")
    page("history")
    client.post(reverse("review", args=[row.id]), {"answer": "right"})
    assert not Review.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_concurrent_readings_of_one_canvas_one_remains():
    from tests.predictions.test_races import _race

    alice = make_user()
    _race(lambda _: make_submission(alice, canvas=CANVAS))
    assert Submission.objects.of(alice).current().count() == 1


def test_a_deleted_drawing_is_hidden_and_can_be_restored_for_a_moment(page, client, alice):
    row = read_one(alice)
    answer = client.post(reverse("delete", args=[row.id])) if page("history") else None
    answer = client.get(answer.url)
    assert _shown(answer) == []
    assert answer.context["undo"]["id"] == row.id
    assert 8 <= answer.context["undo"]["seconds"] <= 10
    assert page("item", row.id).status_code == 404
    client.post(reverse("restore", args=[row.id]))
    assert _shown(page("history")) == [row.pk]


def test_filters_are_kept_when_deleting_and_restoring(page, client, alice):
    row, other = read_one(alice, "7"), read_one(alice, "7")
    first = page("history", digit="7", zone="Asia/Tokyo").content.decode()
    action = re.search(rf'action="(/history/{row.id}/delete/[^"]*)"', first)[1]
    deleted = client.post(unescape(action), follow=True)
    assert _shown(deleted) == [other.pk]
    assert deleted.context["filters"].data == {"digit": "7", "zone": "Asia/Tokyo"}
    html = deleted.content.decode()
    assert 'data-without="/history/?digit=7&amp;zone=Asia%2FTokyo"' in html
    back = client.post(unescape(re.search(r'action="(/history/[^"]*/restore/[^"]*)"', html)[1]), follow=True)
    assert _shown(back) == [other.pk, row.pk]
    assert back.context["filters"].data == {"digit": "7", "zone": "Asia/Tokyo"}


def test_deleting_twice_shows_a_message(page, client, alice):
    row = read_one(alice)
    page("history")
    client.post(reverse("delete", args=[row.id]))
    answer = client.post(reverse("delete", args=[row.id]), follow=True)
    assert answer.redirect_chain == [(reverse("history"), 302)]
    assert "This drawing was already deleted." in answer.content.decode()


def test_an_old_deletion_cannot_be_undone_and_is_erased(page, client, alice):
    row = read_one(alice)
    Submission.objects.filter(pk=row.pk).update(deleted_at=Now() - timedelta(seconds=11))
    page("history")
    client.post(reverse("restore", args=[row.id]))
    assert page("item", row.id).status_code == 404
    assert page("history", deleted=row.id).context["undo"] is None
    Submission.objects.filter(pk=row.pk).update(deleted_at=Now() - timedelta(seconds=61))
    retention.delete_expired()
    assert not Drawing.objects.exists()


@pytest.mark.parametrize("act", ["delete", "restore", "review", "retry"])
def test_other_users_cannot_change_a_drawing(client, alice, act):
    row = read_one(alice)
    client.force_login(make_user("bob"))
    answer = client.post(reverse(act, args=[row.id]), {"answer": "wrong", "text": "1"})
    assert answer.status_code == (302 if act in {"delete", "restore"} else 404)
    row.refresh_from_db()
    assert (row.deleted_at, row.label) == (None, None)


@pytest.mark.parametrize(("act", "page_of"), [("review", "item"), ("retry", "item"), ("delete", ""), ("restore", "")])
def test_an_action_after_the_session_ended_is_reported_as_not_done(client, alice, act, page_of):
    row = read_one(alice)
    belongs = row.get_absolute_url() if page_of else reverse("history")
    client.force_login(alice)
    plain = client.get(reverse(act, args=[row.id]), follow=True)
    assert plain.redirect_chain == [(belongs, 302)]
    assert "nothing was changed" not in plain.content.decode()
    client.logout()
    next_url = parse_qs(urlsplit(client.post(reverse(act, args=[row.id])).url).query)["next"][0]
    client.force_login(alice)
    answer = client.get(next_url, follow=True)
    assert answer.redirect_chain == [(belongs, 302)]
    assert "You were no longer logged in, so nothing was changed." in answer.content.decode()
    assert Submission.objects.get(pk=row.pk).deleted_at is None


def test_logging_in_to_delete_keeps_the_filters(client, alice):
    url = f"{reverse('delete', args=[read_one(alice).id])}?digit=7"
    next_url = parse_qs(urlsplit(client.post(url).url).query)["next"][0]
    client.force_login(alice)
    assert client.get(next_url).url == f"{reverse('history')}?digit=7"


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ({"answer": "right"}, "7"),
        ({"answer": "wrong", "text": "1"}, "1"),
        ({"answer": "wrong", "text": ""}, None),
        ({"answer": "wrong", "text": "one"}, None),
        ({"answer": "no_digit"}, ""),
        ({"answer": "perhaps"}, None),
        ({}, None),
    ],
)
def test_the_owner_reviews_a_reading(page, client, alice, said, label):
    row = read_one(alice, "7")
    page("history")
    assert client.post(reverse("review", args=[row.id]), said).url == row.get_absolute_url()
    row.refresh_from_db()
    assert row.label == label
    assert list(Review.objects.values_list("text", "role")) == ([] if label is None else [(label, "owner")])


@pytest.mark.parametrize(("code", "status"), [("gave_up", "queued"), ("blank", "failed")])
def test_a_failure_of_the_service_can_be_retried(page, client, alice, code, status):
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, code)
    answer = page("item", row.id)
    assert answer.context["can_retry"] == (status == "queued")
    assert f"{row.id}\n" in answer.content.decode()  # the message asks for this id
    client.post(reverse("retry", args=[row.id]))
    row.refresh_from_db()
    assert row.status == status


@pytest.mark.parametrize(("code", "answered"), [("gave_up", 200), ("blank", 409)])
def test_programs_can_retry_too(alice, code, answered):
    api = APIClient()
    api.force_authenticate(alice)
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, code)
    answer = api.post(reverse("api-submission-retry", args=[row.id]))
    assert answer.status_code == answered


def test_the_queue_endpoint_counts_waiting_drawings(alice):
    row, theirs = make_submission(alice), make_submission(make_user("bob"))
    api = APIClient()
    api.force_authenticate(alice)
    body = api.get(reverse("api-queue")).json()
    assert (body["queued"], body["running"], body["workers"], body["ahead"]) == (2, 0, 0, None)
    assert body["oldest_s"] >= 0
    assert api.get(reverse("api-queue"), {"submission": row.id}).json()["ahead"] == 0
    assert api.get(reverse("api-queue"), {"submission": theirs.id}).json()["ahead"] is None
    assert api.get(reverse("api-queue"), {"submission": "x"}).status_code == 400


def test_a_page_shows_strokes_or_the_stored_image(page, alice):
    row = read_one(alice)
    drawing = page("item", row.id).context["drawing"]
    assert drawing["strokes"] and drawing["image_url"] is None
    row.drawing.strokes, row.drawing.image, row.drawing.image_type = None, b"webp", "image/webp"
    row.drawing.is_original = True
    row.drawing.save()
    assert page("item", row.id).context["drawing"]["image_url"] is None
    assert page("submission-image", row.id).status_code == 404
    row.drawing.is_original = False
    row.drawing.save()
    assert page("submission-image", row.id).content == b"webp"


@pytest.mark.parametrize("count", [10, 1000])
def test_pages_need_the_same_queries_for_ten_items_and_a_thousand(client, alice, count, django_assert_num_queries):
    version, row = make_version(), read_one(alice)
    assert version
    copies = [Submission(owner=alice) for _ in range(count)]
    Submission.objects.bulk_create(copies)
    client.force_login(alice)
    with django_assert_num_queries(3):  # session, user, submissions
        client.get(reverse("history"), {"digit": "7"})
    client.get(reverse("item", args=[row.id]))  # each process looks up a model version's name once
    with django_assert_num_queries(9):  # session, user, submission with its drawing, readings, jobs, live model,
        # reviews, the drawings before and after it
        client.get(reverse("item", args=[row.id]))
    with django_assert_num_queries(4):  # session, user, which version reads, whether it has a preview
        client.get(reverse("draw"))
    row.drawing.thumbnail = b"\x89PNG"
    row.drawing.save()
    for query in ({"corrected": "on", "since": "2020-01-01", "zone": "Asia/Tokyo"}, {"verdict": "unsure"}):
        with django_assert_num_queries(3):  # session, user, submissions
            client.get(reverse("history"), query)
    with django_assert_num_queries(5):  # and the one before the page, and the newest, up to which all can be selected
        client.get(reverse("history"), {"before": copies[-1].id})
    with django_assert_num_queries(4):  # session, user, submission, its thumbnail
        client.get(reverse("submission-thumbnail", args=[row.id]))
    Submission.objects.filter(pk=row.pk).update(deleted_at=Now())
    with django_assert_num_queries(4):  # and the one that can be restored
        client.get(reverse("history"), {"deleted": row.id})
