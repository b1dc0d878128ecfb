"""Webhooks in the export of everything: addresses, and what was told to each. Their secrets are left out."""

from collections.abc import Iterator
from typing import Any

from predictions.models import Export, WebhookEndpoint


def webhooks_of(export: Export) -> Iterator[dict[str, Any]]:
    """Yield the owner's webhooks with their deliveries. One query each, and one."""
    for row in WebhookEndpoint.objects.filter(owner=export.owner_id).order_by("created_at"):
        columns = ("id", "event", "status", "created_at", "tries", "last_status", "trouble", "body")
        yield {
            **{name: getattr(row, name) for name in ("id", "url", "events", "created_at", "off_at", "paused_at")},
            "deliveries": list(row.deliveries.order_by("created_at").values(*columns)),
        }
