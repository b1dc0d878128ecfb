"""What people do with their webhooks: add an address, change it, give it a new secret, try it, remove it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from predictions import lifecycle
from predictions.models import WebhookDelivery, WebhookEndpoint
from predictions.models.webhooks import ENDPOINTS_LIMIT, SUBSCRIBED
from predictions.webhooks.addresses import ForbiddenAddress as ForbiddenAddress  # part of what this module offers
from predictions.webhooks.addresses import check_url
from predictions.webhooks.events import queue_test
from predictions.webhooks.signatures import make_secret

FORMER_COUNTS = timedelta(days=1)  # as long as a former secret signs too
SHOWN = 10  # deliveries of an endpoint
TESTS_WAITING = 3  # of an endpoint


class Unacceptable(ValueError):
    """The request can't be done; says why, for the owner, and has a code for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def add_endpoint(owner: User, url: str, events: Sequence[str]) -> WebhookEndpoint:
    """Store an address and make its secret. Raises Unacceptable, ForbiddenAddress."""
    check_url(url)
    endpoint = WebhookEndpoint(owner=owner, url=url, events=_check_events(events))
    endpoint.secret = make_secret()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # two requests must not pass the limit together
        if WebhookEndpoint.objects.filter(owner=owner).count() >= ENDPOINTS_LIMIT:
            message = _("You have as many webhooks as you may have. Remove one first.")
            raise Unacceptable("too_many_webhooks", message)
        with _refusing_twins():
            endpoint.save(force_insert=True)
        audit.record(owner, "webhook.added", str(endpoint.pk))
    return endpoint


def change_endpoint(endpoint: WebhookEndpoint, url: str, events: Sequence[str]) -> None:
    """Store another address, with the secret as it is, or other events. Raises Unacceptable, ForbiddenAddress.

    What waits goes to the new address. It has not said that it is gone; a pause stays.
    """
    check_url(url)
    chosen = _check_events(events)
    with transaction.atomic(), _refusing_twins():
        rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
        rows.exclude(url=url).filter(paused_at=None).update(off_at=None)
        rows.update(url=url, events=chosen)
        audit.record(endpoint.owner, "webhook.changed", str(endpoint.pk))


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
        raise Unacceptable("too_many_tests", _("Wait until the last tests were delivered or failed."))
    _begin_again(endpoint)
    return queue_test(endpoint)


def send_again(delivery: WebhookDelivery) -> None:
    """Queue a delivery again that failed, with the id and body that it had. Raises Unacceptable."""
    with transaction.atomic():
        _begin_again(delivery.endpoint)
        if not lifecycle.retry_delivery(delivery):
            raise Unacceptable("not_failed", _("Only what failed can be sent again."))


def remove_endpoint(endpoint: WebhookEndpoint) -> None:
    """Delete an address with its deliveries; one that is being tried is not tried again."""
    with transaction.atomic():
        audit.record(endpoint.owner, "webhook.removed", str(endpoint.pk))
        endpoint.delete()


def pause_endpoint(endpoint: WebhookEndpoint, by: User) -> None:
    """Send nothing there any more, what waits included, until an operator lets it go on."""
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_at=Now(), off_at=Now())
        lifecycle.cancel(endpoint.deliveries.all())
        audit.record(by, "webhook.paused", str(endpoint.pk), about=endpoint.owner)


def resume_endpoint(endpoint: WebhookEndpoint, by: User) -> None:
    """End a pause; what was canceled stays so."""
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_at=None, off_at=None)
        audit.record(by, "webhook.resumed", str(endpoint.pk), about=endpoint.owner)


def endpoints_of(owner: User) -> QuerySet[WebhookEndpoint]:
    """Return a user's addresses, oldest first."""
    return WebhookEndpoint.objects.filter(owner=owner).order_by("created_at")


def list_endpoints(owner: User) -> list[tuple[WebhookEndpoint, list[WebhookDelivery]]]:
    """Return a user's addresses, each with its last deliveries."""
    return [(one, list(one.deliveries.order_by("-created_at")[:SHOWN])) for one in endpoints_of(owner)]


def _check_events(events: Sequence[str]) -> list[str]:
    """Return events in the order in which they are stored. Raises Unacceptable."""
    if not events or not set(events) <= set(SUBSCRIBED):
        raise Unacceptable("invalid", _("Choose what to tell this address."))
    return sorted(set(events))


def _begin_again(endpoint: WebhookEndpoint) -> None:
    """Forget that an address said that it is gone. Raises Unacceptable if it is paused."""
    if not WebhookEndpoint.objects.filter(pk=endpoint.pk, paused_at=None).update(off_at=None):
        raise Unacceptable("paused", _("An operator of this site has paused this webhook. Ask them why."))


@contextmanager
def _refusing_twins() -> Iterator[None]:
    """Raise Unacceptable if the block stores an address that its owner has already."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Unacceptable("webhook_exists", _("You already have a webhook for this address.")) from None
