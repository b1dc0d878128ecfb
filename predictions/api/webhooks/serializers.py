"""Requests and responses of webhooks: the one definition of their fields."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from predictions.api.exports.serializers import StrictSerializer
from predictions.api.request_serializers import PAGE_LIMIT, PAGE_SIZE, CountField
from predictions.models import Status, WebhookEvent
from predictions.models.webhooks import SUBSCRIBED, URL_CHARS

STATES = ("on", "gone", "paused")
WHICH_EVENTS = f"Send a list of what to tell: {' or '.join(SUBSCRIBED)}, or both."


@extend_schema_field({"type": "string", "format": "webhook-address", "minLength": 1, "maxLength": URL_CHARS})
class AddressField(serializers.CharField):
    """An address; `predictions.webhooks.addresses` says which are allowed."""


@extend_schema_field({"type": "string", "format": "delivery-cursor", "maxLength": 200})
class DeliveryCursorField(serializers.CharField):
    """Where a page of the list begins."""


class WebhookRequestSerializer(StrictSerializer):
    """A webhook as it is made; a change leaves out what stays."""

    address = AddressField(
        max_length=URL_CHARS, help_text="Where to send events: it starts with https:// and is on the public internet."
    )
    events = serializers.ListField(
        child=serializers.ChoiceField([str(event) for event in SUBSCRIBED]),
        min_length=1,
        max_length=len(SUBSCRIBED),
        error_messages=dict.fromkeys(("not_a_list", "min_length", "max_length", "null"), WHICH_EVENTS),
    )


class WebhookSerializer(serializers.Serializer):
    """A webhook."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of the webhook.")
    address = serializers.CharField(help_text="Where events are sent.")
    events = serializers.ListField(child=serializers.ChoiceField([str(event) for event in SUBSCRIBED]))
    state = serializers.ChoiceField(
        STATES, help_text="`gone` if the address answered 410, until you send a test; `paused` by an operator."
    )
    former_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when each delivery is signed with the former secret, too."
    )
    created_at = serializers.DateTimeField()


class WebhookWithSecretSerializer(WebhookSerializer):
    """A webhook with its secret, which no other response tells."""

    secret = serializers.CharField(help_text="What deliveries are signed with.")


class WebhookListSerializer(serializers.Serializer):
    """Your webhooks, oldest first."""

    results = WebhookSerializer(many=True)


class DeliverySerializer(serializers.Serializer):
    """An event that is told to a webhook."""

    id = serializers.UUIDField(help_text="The header `webhook-id`, the same at each try.")
    url = serializers.CharField(help_text="The path of the delivery.")
    event = serializers.ChoiceField(WebhookEvent.values)
    sheet = serializers.UUIDField(allow_null=True, help_text="Of which sheet it tells; null for a test.")
    status = serializers.ChoiceField(Status.values)
    tries = serializers.IntegerField(min_value=0)
    next_try_at = serializers.DateTimeField(allow_null=True, help_text="Null once it is finished.")
    answer = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="The HTTP status of the last answer; null if there was none."
    )
    problem = serializers.CharField(allow_null=True, help_text="What was wrong with the last try.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class DeliveryListSerializer(serializers.Serializer):
    """A page of the deliveries of a webhook, newest first."""

    results = DeliverySerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The path of the next page; null on the last.")


class DeliveryQuerySerializer(serializers.Serializer):
    """Which deliveries."""

    status = serializers.ChoiceField(Status.values, required=False)
    limit = CountField(required=False, min_value=1, max_value=PAGE_LIMIT, default=PAGE_SIZE)
    cursor = DeliveryCursorField(required=False, max_length=200, help_text="Where the page starts; taken from `next`.")
