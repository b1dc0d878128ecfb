"""The deliveries of a webhook: list them, look at one, and send one again."""

import uuid

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.api.listing import page_by_time, read_query
from predictions.api.schema import webhook_operations as operations
from predictions.api.views import LimitedView, owner_of
from predictions.api.webhooks.bodies import delivery_body
from predictions.api.webhooks.serializers import DeliveryQuerySerializer
from predictions.api.webhooks.views import NO_STORE, QUEUED, get_endpoint, refusing
from predictions.models import WebhookDelivery
from predictions.webhooks.endpoints import send_again

CURSORS = "deliveries"


class Deliveries(LimitedView):
    """`/api/v1/webhooks/<id>/deliveries/`"""

    @operations.LIST_DELIVERIES
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """List the deliveries of a webhook, newest first."""
        asked = read_query(request, DeliveryQuerySerializer)
        rows = WebhookDelivery.objects.filter(endpoint=get_endpoint(request, id_))
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        shown, next_url = page_by_time(request, owner_of(request), rows, asked, CURSORS)
        body = {"results": [delivery_body(row) for row in shown], "next": next_url}
        return Response(body, headers=NO_STORE)


class DeliveryDetail(LimitedView):
    """`/api/v1/webhooks/<id>/deliveries/<delivery>/`"""

    @operations.GET_DELIVERY
    def get(self, request: Request, id_: uuid.UUID, delivery: uuid.UUID) -> Response:
        """Return a delivery."""
        return Response(delivery_body(_get(request, id_, delivery)), headers=NO_STORE)


class DeliveryRetry(LimitedView):
    """`/api/v1/webhooks/<id>/deliveries/<delivery>/retry/`"""

    @operations.RETRY_DELIVERY
    def post(self, request: Request, id_: uuid.UUID, delivery: uuid.UUID) -> Response:
        """Send a delivery again that failed: 202."""
        with refusing():
            send_again(_get(request, id_, delivery))
        return Response(delivery_body(_get(request, id_, delivery)), status=202, headers=QUEUED)


def _get(request: Request, id_: uuid.UUID, delivery: uuid.UUID) -> WebhookDelivery:
    rows = WebhookDelivery.objects.select_related("endpoint")
    return get_object_or_404(rows, pk=delivery, endpoint=get_endpoint(request, id_))
