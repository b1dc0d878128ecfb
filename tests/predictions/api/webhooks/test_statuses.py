"""Each status code of each operation on webhooks is produced, with the body and headers that the schema describes."""

import uuid

import pytest
from django.utils import timezone

from accounts.limits import requests as rate_limits
from predictions import claims, lifecycle
from predictions.models import WebhookEndpoint, WebhookEvent
from predictions.webhooks.endpoints import add_endpoint
from predictions.webhooks.events import queue_event
from tests.predictions.api.sheets import test_statuses as of_sheets
from tests.predictions.api.test_schema import OPERATIONS, check_response, is_of

pytestmark = pytest.mark.django_db
WEBHOOKS = "/api/v1/webhooks/"
DELIVERY = "{webhook}deliveries/{delivery}/"
ROUTES = {
    "list_webhooks": ("get", WEBHOOKS),
    "create_webhook": ("post", WEBHOOKS),
    "get_webhook": ("get", "{webhook}"),
    "change_webhook": ("patch", "{webhook}"),
    "delete_webhook": ("delete", "{webhook}"),
    "rotate_webhook_secret": ("post", "{webhook}secret/"),
    "test_webhook": ("post", "{webhook}test/"),
    "list_webhook_deliveries": ("get", "{webhook}deliveries/"),
    "get_webhook_delivery": ("get", DELIVERY),
    "retry_webhook_delivery": ("post", f"{DELIVERY}retry/"),
}
NEW = {"address": "https://example.org/hooks", "events": ["sheet.read"]}
BODIES = {"create_webhook": NEW, "change_webhook": NEW}


class Operation(of_sheets.Operation):
    """An operation on webhooks, called in the ways that lead to each of its status codes."""

    routes = ROUTES

    def find_path(self, row=None):
        """Return the path on a webhook and its delivery, else on one that does not exist."""
        delivery = row.deliveries.first() if row else None
        webhook = f"{WEBHOOKS}{row.pk if row else uuid.uuid4()}/"
        return self.path.format(webhook=webhook, delivery=delivery.pk if delivery else uuid.uuid4())

    def call(self, row=None, *, body=None, client=None, **headers):
        send = getattr(client or self.api, self.method)
        body = BODIES.get(self.name) if body is None else body
        return send(self.find_path(row), body, format="json", **headers)

    def make_row(self):
        """Return a webhook with a delivery that failed; None for a new one."""
        if self.name == "create_webhook":
            return None
        endpoint = add_endpoint(self.alice, NEW["address"], ["sheet.read"])
        queue_event(self.alice.pk, WebhookEvent.SHEET_READ, uuid.uuid4())
        with claims.claimed_delivery() as [row]:
            lifecycle.fail_delivery(row, 404, "It refused.")
        return endpoint

    def produce_201(self):
        return self.call()

    def produce_400(self):
        if self.name == "list_webhook_deliveries":
            return self.api.get(f"{self.find_path(self.make_row())}?limit=many")
        return self.call(self.make_row(), body={"colour": "red"})

    def produce_404(self):
        return self.call()

    def produce_409(self):
        row = add_endpoint(self.alice, "https://example.org/", ["sheet.read"])
        if self.name in ("create_webhook", "change_webhook"):
            return self.call(self.make_row(), body=NEW | {"address": row.url})
        row.delete()
        row = self.make_row()
        WebhookEndpoint.objects.update(paused_at=timezone.now())
        return self.call(row)

    def produce_422(self):
        return self.call(self.make_row(), body=NEW | {"address": "https://127.0.0.1/"})


def test_every_operation_on_webhooks_has_a_route_here():
    assert set(ROUTES) == {name for name in OPERATIONS if is_of(name, "webhooks")}


def _responses():
    return [(name, int(status)) for name in ROUTES for status in OPERATIONS[name]["responses"]]


@pytest.mark.long  # some 80 requests; `test_webhooks.py` has those that matter
@pytest.mark.parametrize(("name", "status"), _responses())
def test_each_status_code_is_produced_as_documented(name, status, api, alice, settings, monkeypatch):
    rate_limits._windows.clear()
    response = getattr(Operation(name, api, alice, settings, monkeypatch), f"produce_{status}")()
    monkeypatch.undo()
    check_response(name, status, response)
