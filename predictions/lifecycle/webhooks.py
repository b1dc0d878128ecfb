"""Deliveries of webhooks."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from predictions.lifecycle.claimable import finish, move, of_claim
from predictions.models import ClaimableQuerySet, ErrorCode, Status, WebhookDelivery

NOT_SENT = gettext_noop("Not sent, since this address failed for days. Send it again once the address answers.")


def complete_delivery(row: WebhookDelivery, status: int) -> bool:
    """Finish a claimed delivery that was taken, and let what waits for its endpoint be tried at once.

    False if the claim was lost meanwhile.
    """
    with transaction.atomic():
        if not finish(row, Status.SUCCEEDED, last_status=status, trouble="", tries=F("tries") + 1):
            return False
        waiting = _waiting_with(row)
        waiting = waiting if row.tries else waiting.filter(available_at__gt=Now())
        waiting.update(available_at=Now())
    return True


def fail_delivery(row: WebhookDelivery, status: int | None, trouble: str) -> bool:
    """End a claimed delivery for good; False if the claim was lost meanwhile. What waited for it is tried at once."""
    said = {"last_status": status, "trouble": trouble[:200], "tries": F("tries") + 1}
    with transaction.atomic():
        if not finish(row, Status.FAILED, error_code=ErrorCode.GAVE_UP, **said):
            return False
        if row.tries:
            _waiting_with(row).update(available_at=Now())
    return True


def give_up_endpoint(row: WebhookDelivery, status: int | None, trouble: str) -> bool:
    """End a claimed delivery after its last try, and all that waits for its endpoint; False if the claim was lost.

    Otherwise each of them would be tried for days in turn, and ever more would wait.
    """
    with transaction.atomic():
        if not fail_delivery(row, status, trouble):
            return False
        move(_waiting_with(row), Status.FAILED, error_code=ErrorCode.GAVE_UP, trouble=NOT_SENT)
    return True


def postpone_delivery(row: WebhookDelivery, delay: timedelta, status: int | None, trouble: str) -> bool:
    """Leave a claimed delivery to a later try; False if the claim was lost. One query.

    What else waits for its endpoint stays as it is: `claims` leaves it alone while this one is to be tried again.
    """
    said = {"last_status": status, "trouble": trouble[:200], "tries": F("tries") + 1, "attempts": 0}
    return bool(move(of_claim(row), Status.QUEUED, available_at=Now() + delay, **said))


def retry_delivery(row: WebhookDelivery) -> bool:
    """Queue a delivery again that failed, as if it was new; False otherwise. One query."""
    failed = WebhookDelivery.objects.filter(pk=row.pk, status=Status.FAILED)
    fresh: dict[str, Any] = {"attempts": 0, "tries": 0, "error_code": "", "finished_at": None}
    return bool(move(failed, Status.QUEUED, available_at=Now(), queued_at=Now(), **fresh))


def _waiting_with(row: WebhookDelivery) -> ClaimableQuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(endpoint=row.endpoint_id, status=Status.QUEUED)
