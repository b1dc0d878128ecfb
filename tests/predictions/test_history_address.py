"""The address of the history: list and gallery, chips that remove a filter, days, and links that keep what is set."""

from datetime import UTC, datetime
from html import unescape

import pytest
from django.urls import reverse

from predictions.models import Submission
from predictions.pages.history.address import Chip
from tests.factories import make_submission, make_user, read_one

pytestmark = pytest.mark.django_db
HISTORY = reverse("history")


@pytest.fixture
def alice(client):
    alice = make_user("alice")
    client.force_login(alice)
    return alice


def test_the_view_is_in_the_address_and_remembered(client, alice):
    read_one(alice)
    assert client.get(HISTORY).context["view"] == "list"
    gallery = client.get(HISTORY, {"view": "gallery"})
    assert 'data-view="gallery"' in gallery.content.decode()
    assert client.get(HISTORY).context["view"] == "gallery"
    assert client.get(HISTORY, {"view": "list"}).context["view"] == "list"
    assert client.get(HISTORY).context["view"] == "list"


@pytest.mark.parametrize("view", ["", "table", "<script>"])
def test_an_unknown_view_is_the_list_and_not_remembered(client, alice, view):
    answer = client.get(HISTORY, {"view": view})
    assert (answer.context["view"], "history_view" in answer.cookies) == ("list", False)
    client.cookies["history_view"] = view
    assert client.get(HISTORY).context["view"] == "list"


def test_the_switch_keeps_filters_and_place(client, alice):
    row = read_one(alice, "7")
    urls = client.get(HISTORY, {"digit": "7", "before": row.id}).context["view_urls"]
    assert urls["gallery"] == f"{HISTORY}?digit=7&view=gallery&before={row.id}"


def test_each_chip_leads_to_the_address_without_its_filter(client, alice):
    asked = {
        "digit": "27",
        "digits": ["9", "4"],
        "told": "neither",
        "verdict": "unsure",
        "zone": "UTC",
        "since": "2026-03-01",
    }
    answer = client.get(HISTORY, asked | {"view": "gallery", "until": "x", "status": ""})
    chips = {label: (value, without) for label, value, without in answer.context["chips"]}
    assert {label: value for label, (value, _) in chips.items()} == {
        "Search by number": "27", "With these digits": "4 9", "What you said": "nothing yet", "Verdict": "unsure",
        "From": "March 1, 2026",
    }  # fmt: skip
    assert "digits=49" in chips["Verdict"][1] and "verdict" not in chips["Verdict"][1]
    assert "zone" in chips["From"][1]  # `until` is still there
    assert all(without.endswith("view=gallery") for _, without in chips.values())
    assert answer.context["cleared_url"] == f"{HISTORY}?view=gallery"


@pytest.mark.parametrize(("language", "reads"), [("en", ("Reading", "sure")), ("de", ("Ergebnis", "sicher"))])
def test_the_chip_of_sureness_does_not_repeat_itself(client, alice, language, reads):
    answer = client.get(HISTORY, {"sure": "yes"}, headers={"accept-language": language})
    assert [(chip.label, chip.value) for chip in answer.context["chips"]] == [reads]


def test_a_zone_goes_with_the_last_day(client, alice):
    chips = client.get(HISTORY, {"since": "2026-03-01", "zone": "UTC"}).context["chips"]
    assert chips == [Chip("From", "March 1, 2026", HISTORY)]
    assert client.get(HISTORY, {"batch": ""}).context["chips"] == []


def test_the_check_box_of_older_addresses_is_a_choice_now(client, alice):
    page = client.get(HISTORY, {"corrected": "on"})
    assert '<option value="corrected" selected>' in page.content.decode()
    assert [chip.value for chip in page.context["chips"]] == ["corrected"]


@pytest.mark.parametrize(("zone", "days"), [("", ["2026-03-02", "2026-03-01"]), ("Asia/Tokyo", ["2026-03-02"])])
def test_drawings_are_grouped_by_day(client, alice, zone, days):
    for at in (datetime(2026, 3, 1, 23, 30, tzinfo=UTC), datetime(2026, 3, 2, 1, tzinfo=UTC)):
        Submission.objects.filter(pk=make_submission(alice).pk).update(created_at=at)
    page = client.get(HISTORY, {"zone": zone, "since": "2026-01-01"})
    assert [day.isoformat() for day, _ in page.context["days"]] == days
    assert page.content.decode().count("data-day-heading") == len(days)


def test_links_to_older_and_newest_drawings_keep_filters_and_view(client, alice):
    for _ in range(30):
        make_submission(alice)
    page = client.get(HISTORY, {"status": "queued", "view": "gallery"})
    older = client.get(page.context["next_url"])
    assert f'href="{HISTORY}?status=queued&view=gallery"' in unescape(older.content.decode())
    assert older.context["view"] == "gallery"


def test_each_drawing_says_how_sure_it_is_and_whether_somebody_said_so(client, alice):
    for label in ("7", "1", None):
        row = read_one(alice, "7")
        Submission.objects.filter(pk=row.pk).update(confidence=0.987, label=label, label_by="owner" if label else "")
    page = client.get(HISTORY).content.decode()
    assert page.count("98.7% sure") == 3
    assert page.count('data-kind="confirmed"') == page.count('data-kind="corrected"') == 1
