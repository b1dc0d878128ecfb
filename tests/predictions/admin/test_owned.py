"""Sheets and webhooks in the admin: found by owner, host and state, paused if they do harm, and never read."""

import json
import uuid

import pytest
from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.urls import reverse

from predictions.models import ErrorCode, Sheet, SheetPage, Status, WebhookEndpoint, WebhookEvent
from predictions.webhooks.endpoints import add_endpoint, rotate_secret
from predictions.webhooks.events import queue_event
from tests.audit import named_events
from tests.factories import make_user
from tests.sheets import make_sheet, make_unread_sheet

pytestmark = pytest.mark.django_db
ADDRESS = "https://hooks.example.org/path-with-a-token?key=also-secret"


@pytest.fixture
def endpoint():
    """Return a webhook of alice's with two secrets and a delivery that waits."""
    alice = make_user("alice")
    endpoint = add_endpoint(alice, ADDRESS, ["sheet.read"])
    rotate_secret(endpoint)
    queue_event(alice.pk, WebhookEvent.SHEET_READ, uuid.uuid4())
    endpoint.refresh_from_db()
    return endpoint


def find(client, name, **query):
    answer = client.get(reverse(f"admin:predictions_{name}_changelist"), query)
    assert answer.status_code == 200
    return answer.context["cl"].result_count


def act(client, endpoint, action):
    url = reverse("admin:predictions_webhookendpoint_changelist")
    return client.post(url, {"action": action, "_selected_action": [endpoint.pk], "index": "0"}, follow=True)


def test_neither_secrets_nor_paths_nor_bodies_are_shown(admin_client, endpoint):
    delivery = endpoint.deliveries.get()
    pages = [reverse(f"admin:predictions_webhook{table}_changelist") for table in ("endpoint", "delivery")]
    for row, table in ((endpoint, "endpoint"), (delivery, "delivery")):
        pages += [reverse(f"admin:predictions_webhook{table}_{page}", args=[row.pk]) for page in ("change", "history")]
    shown = "".join(admin_client.get(page).content.decode() for page in pages)
    assert "hooks.example.org" in shown and "alice" in shown
    hidden = endpoint.secret, endpoint.former_secret, endpoint.encrypted_secret, "path-with-a-token", "also-secret"
    assert [text for text in (*hidden, json.loads(delivery.body)["data"]["sheet"]) if text in shown] == []


@pytest.mark.parametrize(
    ("term", "count"), [("alice", 1), ("HOOKS.example", 1), ("bob", 0), ("path-with", 0), ("also-secret", 0), ("%", 0)]
)
def test_webhooks_are_found_by_owner_and_host_and_not_by_their_path(admin_client, endpoint, term, count):
    assert find(admin_client, "webhookendpoint", q=term) == count
    assert find(admin_client, "webhookdelivery", q=term) == count


def test_no_filter_tells_a_path_or_a_secret(admin_client, endpoint):
    for lookup in ("url__startswith", "encrypted_secret__startswith", "owner__password__startswith"):
        url = reverse("admin:predictions_webhookendpoint_changelist")
        assert admin_client.get(url, {lookup: "h"}).status_code == 400, lookup
    for lookup in ("body__startswith", "endpoint__url__startswith"):
        url = reverse("admin:predictions_webhookdelivery_changelist")
        assert admin_client.get(url, {lookup: "h"}).status_code == 400, lookup


def test_a_webhook_that_harms_is_paused_until_it_may_go_on(admin_client, admin_user, endpoint):
    assert "1 webhook was paused." in act(admin_client, endpoint, "pause").content.decode()
    assert endpoint.deliveries.get().status == Status.CANCELED
    assert queue_event(endpoint.owner_id, WebhookEvent.SHEET_READ, uuid.uuid4()) == 0
    assert [find(admin_client, "webhookendpoint", state=state) for state in ("on", "gone", "paused")] == [0, 0, 1]
    assert "0 webhooks were paused." in act(admin_client, endpoint, "pause").content.decode()
    assert "1 webhook goes on." in act(admin_client, endpoint, "resume").content.decode()
    assert queue_event(endpoint.owner_id, WebhookEvent.SHEET_READ, uuid.uuid4()) == 1
    done = named_events(action__in=["webhook.paused", "webhook.resumed"])
    assert [(one.event.action, one.event.actor, one.event.about) for one in done] == [
        ("webhook.paused", admin_user, endpoint.owner),
        ("webhook.resumed", admin_user, endpoint.owner),
    ]


def test_an_address_that_is_gone_is_no_paused_one(admin_client, endpoint):
    WebhookEndpoint.objects.update(off_at=Now())
    assert [find(admin_client, "webhookendpoint", state=state) for state in ("on", "gone", "paused")] == [0, 1, 0]
    act(admin_client, endpoint, "resume")
    assert not WebhookEndpoint.objects.filter(off_at=None).exists(), "its owner begins again, by a test"


def test_who_may_only_view_webhooks_pauses_none_and_sees_no_names(client, endpoint):
    viewer = make_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=["view_webhookendpoint"]))
    client.force_login(viewer)
    page = client.get(reverse("admin:predictions_webhookendpoint_changelist")).content.decode()
    assert "hooks.example.org" in page and "alice" not in page
    assert find(client, "webhookendpoint", q="alice") == 0
    act(client, endpoint, "pause")
    assert WebhookEndpoint.objects.filter(paused_at=None).exists()


def test_the_owner_reads_that_a_webhook_is_paused(admin_client, client, endpoint):
    act(admin_client, endpoint, "pause")
    client.force_login(endpoint.owner)
    assert "An operator of this site has paused" in client.get(reverse("webhooks")).content.decode()
    client.post(reverse("test-webhook", args=[endpoint.pk]))
    assert not endpoint.deliveries.unfinished().exists()


def test_sheets_are_found_by_owner_and_state_and_tell_why_a_page_failed(admin_client):
    alice, bob = make_user("alice"), make_user("bob")
    read, failed = make_sheet(alice), make_unread_sheet(bob)
    make_unread_sheet(bob, deleted_at=Now())
    Sheet.objects.filter(pk=read.pk).update(settled_at=Now())
    SheetPage.objects.filter(sheet=failed).update(
        status=Status.FAILED, error_code=ErrorCode.NO_TABLE, finished_at=Now(), claim=None, lease_until=None
    )
    assert [find(admin_client, "sheet", q=name) for name in ("alice", "bob", "carol", "")] == [1, 1, 0, 2]
    assert [find(admin_client, "sheet", state=state) for state in ("read", "unread", "failed")] == [1, 1, 1]
    assert find(admin_client, "sheetpage", error_code=ErrorCode.NO_TABLE) == 1
    pages = admin_client.get(reverse("admin:predictions_sheetpage_changelist")).content.decode()
    assert "No table was found here." in pages
    shown = admin_client.get(reverse("admin:predictions_sheet_change", args=[read.pk])).content.decode()
    assert "<img" not in shown and "alice" in shown
