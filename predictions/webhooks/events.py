"""Events: a delivery for each endpoint that wants to know, stored in the transaction of what it tells."""

import json
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from predictions.models import Sheet, SheetCell, SheetPage, Status, WebhookDelivery, WebhookEndpoint, WebhookEvent


def queue_event(owner_id: int, event: WebhookEvent, sheet_id: UUID) -> int:
    """Queue an event of a sheet for all endpoints of its owner that want it; return how many. One or two queries.

    It tells ids and no contents: the receiver asks the API for them, with a token of the owner's.
    """
    wanting = WebhookEndpoint.objects.filter(owner=owner_id, off_at=None, events__contains=[event])
    endpoints = list(wanting.values_list("pk", flat=True))
    if not endpoints:
        return 0
    body = make_body(event, sheet=str(sheet_id), url=f"{settings.PUBLIC_URL}/api/v1/sheets/{sheet_id}/")
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint_id=endpoint, event=event, body=body) for endpoint in endpoints
    )
    return len(endpoints)


def queue_if_confirmed(sheet_id: UUID) -> int:
    """Queue the event that all of a sheet is confirmed, if it is; return for how many. One query if not.

    A page that can't be read holds cells too, which nobody confirmed.
    """
    event = WebhookEvent.SHEET_CONFIRMED
    wanting = WebhookEndpoint.objects.filter(owner=OuterRef("owner"), off_at=None, events__contains=[event])
    cells = SheetCell.objects.with_values().filter(page__sheet=OuterRef("pk"))
    failed = SheetPage.objects.filter(sheet=OuterRef("pk"), status=Status.FAILED)
    is_whole = Exists(cells) & ~Exists(cells.filter(confirmed_at=None)) & ~Exists(failed)
    confirmed = Sheet.objects.filter(Exists(wanting), is_whole, pk=sheet_id)
    owner_id = confirmed.values_list("owner", flat=True).first()
    return queue_event(owner_id, event, sheet_id) if owner_id is not None else 0


def queue_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Queue an event that tells nothing."""
    body = make_body(WebhookEvent.TEST)
    return WebhookDelivery.objects.create(endpoint=endpoint, event=WebhookEvent.TEST, body=body)


def make_body(event: WebhookEvent, **data: str) -> str:
    """Return the JSON of an event."""
    return json.dumps({"type": event, "timestamp": timezone.now().isoformat(), "data": data}, separators=(",", ":"))
