"""Build the API's answers about webhooks; `serializers` defines their fields."""

import json
from typing import Any

from django.urls import reverse
from django.utils import timezone

from predictions.models import UNFINISHED, WebhookDelivery, WebhookEndpoint


def webhook_body(endpoint: WebhookEndpoint, *, with_secret: bool = False) -> dict[str, Any]:
    """Return a webhook as JSON."""
    until = endpoint.former_until
    return {
        "id": str(endpoint.pk),
        "url": reverse("api-webhook", args=[endpoint.pk]),
        "address": endpoint.url,
        "events": endpoint.events,
        "state": "paused" if endpoint.paused_at else "gone" if endpoint.off_at else "on",
        "former_secret_until": until if until and until > timezone.now() else None,
        "created_at": endpoint.created_at,
        **({"secret": endpoint.secret} if with_secret else {}),
    }


def delivery_body(row: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery as JSON, without what was sent."""
    return {
        "id": str(row.pk),
        "url": reverse("api-webhook-delivery", args=[row.endpoint_id, row.pk]),
        "event": row.event,
        "sheet": json.loads(row.body)["data"].get("sheet"),
        "status": row.status,
        "tries": row.tries,
        "next_try_at": row.available_at if row.status in UNFINISHED else None,
        "answer": row.last_status,
        "problem": row.trouble or None,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }
