"""Deliver webhooks: one delivery at a time, tried again for three days, at growing distances.

While an endpoint fails, one delivery of its is tried again and the others wait: its distances are the endpoint's.
"""

import http.client
import logging
import socket
import ssl
import time
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from predictions import claims, lifecycle
from predictions.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent
from predictions.webhooks.addresses import ForbiddenAddress
from predictions.webhooks.posting import post
from predictions.webhooks.signatures import sign

logger = logging.getLogger(__name__)

DELAYS = (  # after each try that failed; after the last there is no other
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=3),
    *(timedelta(days=1),) * 3,
)
TRIED_AGAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
KEPT = timedelta(days=30)  # finished deliveries
NO_ANSWER = gettext_noop("It did not answer in time.")
NO_HOST = gettext_noop("The name of its host could not be looked up. Check the address.")
NO_LISTENER = gettext_noop("It refuses connections. Check the address, and whether the receiver runs.")
NO_TLS = gettext_noop("No safe connection could be made. Check its certificate, and that it takes https.")
REFUSED = gettext_noop("It refused.")
REDIRECTED = gettext_noop("It leads to another address. Give that one.")
FAILED = gettext_noop("It failed.")
GONE = gettext_noop("It says that it is gone, so nothing is sent there any more.")


def send_one() -> bool:
    """Try the first delivery that is due; return False if there is none."""
    with claims.claimed_delivery() as rows:
        return any(_try(row) for row in rows)


def delete_old() -> int:
    """Delete deliveries that were finished long ago, and endpoints of users who are gone; return how many rows."""
    WebhookEndpoint.objects.filter(~Exists(User.objects.filter(pk=OuterRef("owner")))).delete()
    return lifecycle.delete(WebhookDelivery.objects.filter(finished_at__lt=Now() - KEPT))


def _try(row: WebhookDelivery) -> bool:
    """Try a claimed delivery once, and store what came of it. No transaction is open meanwhile."""
    if row.endpoint.off_at is not None:
        lifecycle.cancel(WebhookDelivery.objects.filter(pk=row.pk))
        return True
    status, trouble = None, ""
    try:
        status = post(row.endpoint.url, row.body.encode(), _headers(row))
    except ForbiddenAddress as problem:
        trouble = str(problem)
    except (OSError, http.client.HTTPException) as problem:
        logger.info("webhook %s: %s", row.pk, problem)
        trouble = _explain(problem)
    _store(row, status, trouble)
    return True


def _store(row: WebhookDelivery, status: int | None, trouble: str) -> None:
    """Finish a delivery, or leave it to a later try. A test has one try: somebody waits for what comes of it."""
    if status is not None and 200 <= status < 300:
        lifecycle.complete_delivery(row, status)
        return
    if status == HTTPStatus.GONE:
        WebhookEndpoint.objects.filter(pk=row.endpoint_id).update(off_at=Now())
    is_final = status is not None and status < 500 and status not in TRIED_AGAIN
    trouble = trouble or _say(status)
    if is_final or row.event == WebhookEvent.TEST:
        lifecycle.fail_delivery(row, status, trouble)
    elif row.tries >= len(DELAYS):
        lifecycle.give_up_endpoint(row, status, trouble)
    else:
        lifecycle.postpone_delivery(row, DELAYS[row.tries], status, trouble)


def _explain(problem: Exception) -> str:
    if isinstance(problem, socket.gaierror):
        return NO_HOST
    if isinstance(problem, ssl.SSLError):
        return NO_TLS
    return NO_LISTENER if isinstance(problem, ConnectionRefusedError) else NO_ANSWER


def _say(status: int | None) -> str:
    if status == HTTPStatus.GONE:
        return GONE
    if status is not None and 300 <= status < 400:
        return REDIRECTED
    return FAILED if status is not None and status >= 500 else REFUSED


def _headers(row: WebhookDelivery) -> dict[str, str]:
    """Return the headers of a try, signed with the secret, and with the former one while it counts."""
    timestamp, endpoint = int(time.time()), row.endpoint
    secrets = [endpoint.secret]
    if endpoint.former_until is not None and endpoint.former_until > timezone.now():
        secrets.append(endpoint.former_secret)
    return {
        "Content-Type": "application/json",
        "User-Agent": f"inkling-webhooks ({settings.PUBLIC_URL})",
        "webhook-id": str(row.pk),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, str(row.pk), timestamp, row.body) for secret in secrets),
    }
