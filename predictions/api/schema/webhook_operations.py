"""The operations on webhooks and their deliveries."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiRequest, OpenApiResponse

from predictions.api.schema.parameters import (
    RETRY_ACCEPTED,
    RETRY_ERROR,
    json_request,
    location,
    operation,
    response_example,
    with_errors,
)
from predictions.api.webhooks import serializers
from predictions.models.webhooks import ENDPOINTS_LIMIT

JSON_ERRORS = (400, 408, 411, 413, 415)
WEBHOOK: dict[str, Any] = {
    "id": "0f4a5b6c-7d8e-4f90-a1b2-c3d4e5f60718",
    "url": "/api/v1/webhooks/0f4a5b6c-7d8e-4f90-a1b2-c3d4e5f60718/",
    "address": "https://example.org/inkling",
    "events": ["sheet.confirmed", "sheet.read"],
    "state": "on",
    "former_secret_until": None,
    "created_at": "2026-11-28T09:00:00.000000Z",
}
WITH_SECRET = {**WEBHOOK, "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
DELIVERY: dict[str, Any] = {
    "id": "5a8f3c1e-2b4d-4e6f-8a9b-0c1d2e3f4a5b",
    "url": f"{WEBHOOK['url']}deliveries/5a8f3c1e-2b4d-4e6f-8a9b-0c1d2e3f4a5b/",
    "event": "sheet.read",
    "sheet": "c1f4a6de-5b7a-4e0e-9c55-0a6a2f0d7b21",
    "status": "failed",
    "tries": 1,
    "next_try_at": None,
    "answer": 404,
    "problem": "It refused.",
    "created_at": "2026-11-28T09:10:00.000000Z",
    "finished_at": "2026-11-28T09:10:00.300000Z",
}
QUEUED = {**DELIVERY, "status": "queued", "tries": 0, "next_try_at": "2026-11-28T09:20:00.000000Z"}
QUEUED |= {"answer": None, "problem": None, "finished_at": None}


def _operation(name: str, summary: str, description: str = "", **options: Any) -> Callable[[Any], Any]:
    retry = RETRY_ACCEPTED if 202 in options["responses"] else RETRY_ERROR
    return operation("webhooks", name, summary, description, [*options.pop("parameters", []), retry], **options)


def _json(serializer: Any, **named: Any) -> dict[str, OpenApiRequest]:
    return {"application/json": json_request(serializer, **named)}


def _answer(serializer: Any, description: str, **named: Any) -> OpenApiResponse:
    return OpenApiResponse(serializer, description, [response_example(name, value) for name, value in named.items()])


LIST_WEBHOOKS = _operation(
    "list_webhooks",
    "List your webhooks",
    f"Oldest first; you may have {ENDPOINTS_LIMIT}.",
    responses=with_errors(
        {200: _answer(serializers.WebhookListSerializer, "Your webhooks.", webhooks={"results": [WEBHOOK]})}
    ),
)
CREATE_WEBHOOK = _operation(
    "create_webhook",
    "Add a webhook",
    "Its address is told of the events. Keep the secret, by which your program checks that a message is from here: no "
    "other response has it. 422 `forbidden_address` unless the address is on the public internet and starts with "
    "https://; 409 if you have a webhook for it already, or as many as you may have.",
    parameters=[location("The path of the webhook.", 201)],
    request=_json(
        serializers.WebhookRequestSerializer,
        both={"address": WEBHOOK["address"], "events": WEBHOOK["events"]},
    ),
    responses=with_errors(
        {201: _answer(serializers.WebhookWithSecretSerializer, "The webhook.", added=WITH_SECRET)},
        *(*JSON_ERRORS, 409, 422),
    ),
)
GET_WEBHOOK = _operation(
    "get_webhook",
    "Get a webhook",
    responses=with_errors({200: _answer(serializers.WebhookSerializer, "The webhook.", webhook=WEBHOOK)}, 404),
)
CHANGE_WEBHOOK = _operation(
    "change_webhook",
    "Change a webhook",
    "Its address, its events or both; the secret stays. What waits goes to the new address.",
    request=_json(serializers.WebhookRequestSerializer, events={"events": ["sheet.read"]}),
    responses=with_errors(
        {200: _answer(serializers.WebhookSerializer, "The webhook.", webhook=WEBHOOK)}, *(*JSON_ERRORS, 404, 409, 422)
    ),
)
DELETE_WEBHOOK = _operation(
    "delete_webhook",
    "Delete a webhook",
    "With its deliveries; what waits is not sent.",
    responses=with_errors({204: OpenApiResponse(None, "Deleted.")}, 404),
)
ROTATE_SECRET = _operation(
    "rotate_webhook_secret",
    "Make a new secret",
    "For a day, each delivery is signed with the former secret, too. No other response has the new one.",
    request=None,
    responses=with_errors(
        {200: _answer(serializers.WebhookWithSecretSerializer, "The webhook.", rotated=WITH_SECRET)}, 404
    ),
)
TEST_WEBHOOK = _operation(
    "test_webhook",
    "Send a test",
    "Also begins to send to an address again that said that it is gone. 409 while three tests wait, or while the "
    "webhook is paused by an operator.",
    parameters=[location("The path of the delivery.", 202)],
    request=None,
    responses=with_errors({202: _answer(serializers.DeliverySerializer, "Queued.", queued=QUEUED)}, *(404, 409)),
)
LIST_DELIVERIES = _operation(
    "list_webhook_deliveries",
    "List the deliveries of a webhook",
    "Newest first. Follow `next` until it is null. Finished deliveries are kept for 30 days.",
    parameters=[serializers.DeliveryQuerySerializer],
    responses=with_errors(
        {
            200: _answer(
                serializers.DeliveryListSerializer, "Deliveries.", deliveries={"results": [DELIVERY], "next": None}
            )
        },
        *(400, 404),
    ),
)
GET_DELIVERY = _operation(
    "get_webhook_delivery",
    "Get a delivery",
    "How often it was tried, and what was answered.",
    responses=with_errors(
        {200: _answer(serializers.DeliverySerializer, "The delivery.", failed=DELIVERY, queued=QUEUED)}, 404
    ),
)
RETRY_DELIVERY = _operation(
    "retry_webhook_delivery",
    "Send a delivery again",
    "One that failed, with the same id and body. 409 for any other, or while the webhook is paused by an operator.",
    request=None,
    responses=with_errors({202: _answer(serializers.DeliverySerializer, "Queued.", queued=QUEUED)}, *(404, 409)),
)
