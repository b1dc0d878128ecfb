"""What people do with their webhooks: add an address, give it a new secret, try it, remove it."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from predictions.models import WebhookDelivery, WebhookEndpoint
from predictions.models.webhooks import ENDPOINTS_LIMIT, SUBSCRIBED
from predictions.webhooks.addresses import ForbiddenAddress, check_url
from predictions.webhooks.events import queue_test
from predictions.webhooks.signing import make_secret

FORMER_COUNTS = timedelta(days=1)  # as long as a former secret signs too
SHOWN = 10  # deliveries of an endpoint
TESTS_WAITING = 3  # of an endpoint


class Unacceptable(ValueError):
    """The request can't be done; says why, for the owner."""


def add_endpoint(owner: User, url: str, events: Sequence[str]) -> WebhookEndpoint:
    """Store an address and make its secret. Raises Unacceptable, ForbiddenAddress."""
    check_url(url)
    if not events or not set(events) <= set(SUBSCRIBED):
        raise Unacceptable(_("Choose what to tell this address."))
    endpoint = WebhookEndpoint(owner=owner, url=url, events=sorted(set(events)))
    endpoint.secret = make_secret()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # two requests must not pass the limit together
        if WebhookEndpoint.objects.filter(owner=owner).count() >= ENDPOINTS_LIMIT:
            raise Unacceptable(_("You have as many webhooks as you may have. Remove one first."))
        try:
            with transaction.atomic():
                endpoint.save(force_insert=True)
        except IntegrityError:
            raise Unacceptable(_("You already have a webhook for this address.")) from None
        audit.record(owner, "webhook.added", str(endpoint.pk))
    return endpoint


def rotate_secret(endpoint: WebhookEndpoint) -> None:
    """Make a new secret; the former one signs too for a day."""
    former = endpoint.encrypted_secret
    endpoint.secret = make_secret()
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            encrypted_secret=endpoint.encrypted_secret, encrypted_former=former, former_until=Now() + FORMER_COUNTS
        )
        audit.record(endpoint.owner, "webhook.rotated", str(endpoint.pk))


def try_endpoint(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Queue a test, and begin to send there again if the address had said that it is gone. Raises Unacceptable."""
    if endpoint.deliveries.unfinished().filter(event="test").count() >= TESTS_WAITING:
        raise Unacceptable(_("Wait until the last tests were delivered or failed."))
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(off_at=None)
    return queue_test(endpoint)


def remove_endpoint(endpoint: WebhookEndpoint) -> None:
    """Delete an address with its deliveries; one that is being tried is not tried again."""
    with transaction.atomic():
        audit.record(endpoint.owner, "webhook.removed", str(endpoint.pk))
        endpoint.delete()


def list_endpoints(owner: User) -> list[tuple[WebhookEndpoint, list[WebhookDelivery]]]:
    """Return a user's addresses, each with its last deliveries."""
    endpoints = WebhookEndpoint.objects.filter(owner=owner).order_by("created_at")
    return [(one, list(one.deliveries.order_by("-created_at")[:SHOWN])) for one in endpoints]


__all__ = [
    "ForbiddenAddress",
    "Unacceptable",
    "add_endpoint",
    "list_endpoints",
    "remove_endpoint",
    "rotate_secret",
    "try_endpoint",
]
