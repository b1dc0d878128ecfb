"""People see and export what happened to their account, and nothing else."""

import csv
import io
import json

import pytest
from django.test import Client

from accounts import audit
from accounts.audit.pages import COLUMNS, CURSORS, PAGE_SIZE
from accounts.cursors import make_cursor
from accounts.models import AuditEvent
from predictions.models import Role
from predictions.services.review import review_submission
from tests.factories import make_reviewer, make_user, read_one

pytestmark = pytest.mark.django_db
PAGE, EXPORT = "/accounts/activity/", "/accounts/activity/export/"


@pytest.fixture
def alice(client):
    alice = make_user("alice")
    client.force_login(alice)
    return alice


def _exported(client, kind="json"):
    answer = client.post(EXPORT, {"format": kind})
    assert "no-store" in answer["Cache-Control"]
    text = b"".join(answer.streaming_content).decode()
    return json.loads(text) if kind == "json" else list(csv.DictReader(io.StringIO(text)))


def _both(client):
    """Return the page and the export, as texts, of somebody who exports nothing else."""
    return client.get(PAGE).content.decode(), json.dumps(_exported(client))


def test_what_happened_to_an_account_is_listed_newest_first(client, alice):
    audit.record(alice, "token.created", "ink_1234", name="laptop")
    audit.record(None, "login.failed", "alice", about=alice)
    page = client.get(PAGE).content.decode()
    assert page.index("Log-in failed") < page.index("API token created") < page.index("laptop")


def test_where_it_came_from_is_told(client, alice):
    client.post("/accounts/data/training/", {"may_train": "on"}, REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="curl/8")
    page = client.get(PAGE).content.decode()
    assert "192.0.2.7" in page and "curl" in page


def test_a_stranger_sees_nothing_of_it(client, alice):
    bob = make_user("bob")
    audit.record(alice, "token.created", "ink_1234", name="laptop")
    audit.record(bob, "user.changed", "alice", about=alice)
    stranger = Client()
    stranger.force_login(make_user("mallory"))
    page, exported = _both(stranger)
    assert "Nothing has happened yet" in page
    assert [row["action"] for row in json.loads(exported)] == ["activity.exported"]
    assert Client().get(PAGE).status_code == 302
    assert Client().post(EXPORT, {"format": "csv"}).status_code == 302


def test_an_administrator_is_not_named_nor_their_address(client, alice):
    audit.record(make_user("root"), "password.set", "alice", about=alice)
    AuditEvent.objects.create(
        actor=make_user("ruth"),
        actor_name="ruth",
        action="user.changed",
        about=alice,
        address="192.0.2.7",
        device="curl",
    )
    for text in _both(client):
        assert "by an administrator" in text
        assert not {"root", "ruth", "192.0.2.7", "curl"} & set(text.replace('"', " ").replace("<", " ").split())


def test_reviews_by_others_are_not_listed(client, alice):
    row = read_one(alice)
    review_submission(row, make_reviewer(), "1", Role.REVIEWER)
    assert all("carol" not in text and str(row.id) not in text for text in _both(client))
    review_submission(row, alice, "7", Role.OWNER)
    assert all(str(row.id) in text for text in _both(client))


def test_pages_show_each_event_once(client, alice):
    others = make_user("bob")
    count = 2 * PAGE_SIZE + 3
    for number in range(count):
        actor, about = (alice, None) if number % 3 else (None, alice)
        audit.record(actor, "filter.saved", f"event-{number}-", about=about)
        audit.record(others, "filter.saved", f"strange-{number}-")
    address, found = PAGE, []
    while address:
        answer = client.get(address)
        found += [event.target for event in answer.context["events"]]
        address = answer.context["next_url"]
    assert found == [f"event-{number}-" for number in reversed(range(count))]


@pytest.mark.parametrize("cursor", ["", "x", "12", "\u00e4", "A" * 500])
def test_a_wrong_cursor_is_not_found(client, alice, cursor):
    assert client.get(PAGE, {"before": cursor}).status_code == 404


def test_the_cursor_of_another_person_is_not_found(client, alice):
    assert client.get(PAGE, {"before": make_cursor(alice, 5, CURSORS)}).status_code == 200
    assert client.get(PAGE, {"before": make_cursor(make_user("bob"), 5, CURSORS)}).status_code == 404


def test_queries_do_not_grow_with_events(client, alice, django_assert_num_queries):
    for _ in range(60):
        audit.record(alice, "user.logged_in")
    with django_assert_num_queries(6):  # the session, the user, two for the events, and two for texts and names
        client.get(PAGE)


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_an_export_has_everything_and_is_recorded(client, alice, kind, monkeypatch):
    monkeypatch.setattr("accounts.audit.activity.CHUNK", 2)
    for number in range(5):
        audit.record(alice, "filter.saved", f"filter {number}")
    rows = _exported(client, kind)
    assert [row["target"] for row in rows] == ["", *(f"filter {number}" for number in reversed(range(5)))]
    assert rows[0].keys() == set(COLUMNS)
    line = AuditEvent.objects.get(action="activity.exported")
    assert (line.actor, line.details) == (alice, {"format": kind})


def test_an_export_has_no_formulas(client, alice):
    audit.record(alice, "filter.saved", '=HYPERLINK("x")')
    assert _exported(client, "csv")[-1]["target"] == '\'=HYPERLINK("x")'


@pytest.mark.parametrize("given", [{}, {"format": "xml"}])
def test_an_export_in_no_known_format_leads_back(client, alice, given):
    assert client.post(EXPORT, given).url == PAGE
    assert client.get(EXPORT).url == PAGE
    assert not AuditEvent.objects.exists()
