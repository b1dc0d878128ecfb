"""List, make, change and delete webhooks, give one a new secret, and send it a test."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.shortcuts import get_object_or_404
from django.utils import translation
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.api.listing import read_body
from predictions.api.parsers import JSONParser
from predictions.api.schema import webhook_operations as operations
from predictions.api.views import LimitedView, owner_of
from predictions.api.webhooks.bodies import delivery_body, webhook_body
from predictions.api.webhooks.serializers import WebhookRequestSerializer
from predictions.models import WebhookEndpoint
from predictions.services.errors import Refused
from predictions.webhooks.endpoints import (
    ForbiddenAddress,
    Unacceptable,
    add_endpoint,
    change_endpoint,
    endpoints_of,
    remove_endpoint,
    rotate_secret,
    try_endpoint,
)

NO_STORE = {"Cache-Control": "no-store"}
QUEUED = {**NO_STORE, "Retry-After": "1"}


class Webhooks(LimitedView):
    """`/api/v1/webhooks/`"""

    parser_classes = [JSONParser]

    @operations.LIST_WEBHOOKS
    def get(self, request: Request) -> Response:
        """List the user's webhooks."""
        found = [webhook_body(row) for row in endpoints_of(owner_of(request))]
        return Response({"results": found}, headers=NO_STORE)

    @operations.CREATE_WEBHOOK
    def post(self, request: Request) -> Response:
        """Make a webhook: 201 with its secret."""
        asked = read_body(request, WebhookRequestSerializer)
        with refusing():
            endpoint = add_endpoint(owner_of(request), asked["address"], asked["events"])
        endpoint.refresh_from_db()
        body = webhook_body(endpoint, with_secret=True)
        return Response(body, status=201, headers={"Location": body["url"], **NO_STORE})


class WebhookDetail(LimitedView):
    """`/api/v1/webhooks/<id>/`"""

    parser_classes = [JSONParser]

    @operations.GET_WEBHOOK
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return a webhook."""
        return Response(webhook_body(get_endpoint(request, id_)), headers=NO_STORE)

    @operations.CHANGE_WEBHOOK
    def patch(self, request: Request, id_: uuid.UUID) -> Response:
        """Change the address or the events of a webhook."""
        endpoint = get_endpoint(request, id_)
        asked = read_body(request, WebhookRequestSerializer, partial=True)
        with refusing():
            change_endpoint(endpoint, asked.get("address", endpoint.url), asked.get("events", endpoint.events))
        return Response(webhook_body(get_endpoint(request, id_)), headers=NO_STORE)

    @operations.DELETE_WEBHOOK
    def delete(self, request: Request, id_: uuid.UUID) -> Response:
        """Delete a webhook with its deliveries."""
        remove_endpoint(get_endpoint(request, id_))
        return Response(status=204)


class WebhookSecret(LimitedView):
    """`/api/v1/webhooks/<id>/secret/`"""

    @operations.ROTATE_SECRET
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Make a new secret; the former one signs too for a day."""
        rotate_secret(get_endpoint(request, id_))
        return Response(webhook_body(get_endpoint(request, id_), with_secret=True), headers=NO_STORE)


class WebhookTest(LimitedView):
    """`/api/v1/webhooks/<id>/test/`"""

    @operations.TEST_WEBHOOK
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Queue a test: 202."""
        with refusing():
            row = try_endpoint(get_endpoint(request, id_))
        row.refresh_from_db()
        body = delivery_body(row)
        return Response(body, status=202, headers={"Location": body["url"], **QUEUED})


def get_endpoint(request: Request, id_: uuid.UUID) -> WebhookEndpoint:
    """Return the user's own webhook. Raises Http404, for other users' webhooks too."""
    return get_object_or_404(WebhookEndpoint, pk=id_, owner=owner_of(request))


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse what the block finds unacceptable, with its sentence in English."""
    try:
        with translation.override("en"):
            yield
    except ForbiddenAddress as problem:
        raise Refused("forbidden_address", f"address: {problem}", 422) from None
    except Unacceptable as problem:
        raise Refused(problem.code, str(problem), 409) from None
