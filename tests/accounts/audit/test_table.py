"""Administrators find events of the audit log, and export those that they found."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditEvent
from tests.audit import newest_event
from tests.factories import make_reviewer, make_user

pytestmark = pytest.mark.django_db
LIST, EXPORT = "/admin/accounts/auditevent/", "/admin/accounts/auditevent/export/"


@pytest.fixture
def events():
    """Add one event of alice, one of bob, and one of an unknown person."""
    alice, bob = make_user("alice"), make_user("Bob")
    made = [
        (alice, "token.created", "ink_1", "192.0.2.7", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (bob, "user.changed", f"user:{alice.pk}", "2001:db8::7", datetime(2026, 3, 2, 23, 59, tzinfo=UTC)),
        (None, "login.failed", "", None, datetime(2026, 3, 3, tzinfo=UTC)),
    ]
    names = ("actor", "action", "target", "address", "at")
    for values in made:
        AuditEvent.objects.create(**dict(zip(names, values, strict=True)), details={"name": "=1+1"})


def _found(client, **query):
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return {event.action for event in answer.context["cl"].result_list}


def _exported(client, query=""):
    answer = client.post(f"{EXPORT}{query}")
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ALI"}, {"token.created", "user.changed"}),
        ({"q": "bob"}, {"user.changed"}),
        ({"q": "lice"}, set()),
        ({"q": "ink_1"}, {"token.created"}),
        ({"q": "a%"}, set()),
        ({"q": "192.0.2.7"}, {"token.created"}),
        ({"q": "192.0.2.0/24"}, {"token.created"}),
        ({"q": "192.0.3.0/24"}, set()),
        ({"q": "2001:db8::/64"}, {"user.changed"}),
        ({"action": "login.failed"}, {"login.failed"}),
        ({"from": "2026-03-02"}, {"user.changed", "login.failed"}),
        ({"to": "2026-03-02"}, {"token.created", "user.changed"}),
        ({"from": "2026-03-02", "to": "2026-03-02", "q": "ali"}, {"user.changed"}),
        ({"at__year": "2026", "action": "user.changed"}, {"user.changed"}),
    ],
)
def test_events_are_found(admin_client, events, query, found):
    assert _found(admin_client, **query) == found


@pytest.mark.parametrize("query", [{"from": "x"}, {"to": "2026-13-01"}, {"from": "9999-12-31", "to": "9999-12-31"}])
def test_what_is_no_day_is_ignored_with_a_message(admin_client, query):
    answer = admin_client.get(LIST, query)
    assert answer.status_code in (200, 302)
    assert admin_client.post(f"{EXPORT}?from=x").url == f"{LIST}?e=1"


def test_actions_are_shown_in_words(admin_client, events):
    page = admin_client.get(LIST).content.decode()
    assert "API token created" in page and "192.0.2.7" in page
    german = admin_client.get(LIST, HTTP_ACCEPT_LANGUAGE="de").content.decode()
    assert "API-Token erstellt" in german


def test_the_address_of_a_failed_log_in_of_the_release_before_is_shown(admin_client):
    AuditEvent.objects.create(action="login.failed", details={"ip": "192.0.2.99"})
    assert "192.0.2.99" in admin_client.get(LIST).content.decode()


def test_found_events_are_exported_and_that_is_recorded(admin_client, admin_user, events, monkeypatch):
    monkeypatch.setattr("accounts.admin.audit_table.CHUNK", 1)
    rows = _exported(admin_client, "?q=alice&o=1")
    assert [row["action"] for row in rows] == ["user.changed", "token.created"]
    assert rows[1]["address"] == "192.0.2.7" and json.loads(rows[1]["details"]) == {"name": "=1+1"}
    line = newest_event()
    assert (line.event.action, line.event.actor) == ("audit.exported", admin_user)
    assert line.details == {"filter": "q=alice&o=1"}
    assert len(_exported(admin_client)) == 4


def test_an_export_has_no_formulas(admin_client):
    AuditEvent.objects.create(action="filter.saved", target="=1+1", actor_name="@x")
    [row] = _exported(admin_client, "?action=filter.saved")
    assert (row["target"], row["actor"]) == ("'=1+1", "'@x")


def test_events_of_the_same_moment_are_all_exported(admin_client, monkeypatch):
    monkeypatch.setattr("accounts.admin.audit_table.CHUNK", 2)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(5):
        AuditEvent.objects.create(action="filter.saved", target=str(number), at=at)
    assert [row["target"] for row in _exported(admin_client, "?action=filter.saved")] == ["4", "3", "2", "1", "0"]


def test_the_export_is_for_those_who_may_see_the_log(client, admin_client, events):
    for person in (make_reviewer(), make_user("bobby")):
        client.force_login(person)
        assert client.post(EXPORT).status_code in (302, 403)
    assert Client().post(EXPORT).status_code == 302
    assert admin_client.get(EXPORT).url == LIST
    assert not AuditEvent.objects.filter(action="audit.exported").exists()


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ({"action": "login.failed"}, "audit_action"),
        ({"actor_id": 7}, "audit_actor"),
        ({"about_id": 7}, "audit_about"),
        ({"address": "192.0.2.7"}, "audit_address"),
    ],
)
def test_events_are_found_by_an_index(condition, index):
    AuditEvent.objects.bulk_create(
        AuditEvent(action=f"act {n % 250}", actor_id=n % 250, about_id=n % 250, address=f"192.0.2.{n % 250}")
        for n in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_auditevent")  # otherwise the plan depends on what other tests left behind
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    rows = AuditEvent.objects.filter(**condition).order_by(
        "-at" if index in ("audit_action", "audit_address") else "-id"
    )
    assert index in rows.explain()
