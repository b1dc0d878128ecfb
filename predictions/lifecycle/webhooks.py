"""Deliveries of webhooks."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from predictions.lifecycle.claimable import finish, move, of_claim
from predictions.models import ErrorCode, Status, WebhookDelivery


def complete_delivery(row: WebhookDelivery, status: int) -> bool:
    """Finish a claimed delivery that was taken; False if the claim was lost meanwhile. One query."""
    return finish(row, Status.SUCCEEDED, last_status=status, trouble="", tries=F("tries") + 1)


def fail_delivery(row: WebhookDelivery, status: int | None, trouble: str) -> bool:
    """End a claimed delivery for good; False if the claim was lost meanwhile. One query."""
    said = {"last_status": status, "trouble": trouble[:200], "tries": F("tries") + 1}
    return finish(row, Status.FAILED, error_code=ErrorCode.GAVE_UP, **said)


def postpone_delivery(row: WebhookDelivery, delay: timedelta, status: int | None, trouble: str) -> bool:
    """Leave a claimed delivery to a later try, and what else waits for its endpoint; False if the claim was lost."""
    said = {"last_status": status, "trouble": trouble[:200], "tries": F("tries") + 1, "attempts": 0}
    with transaction.atomic():
        if not move(of_claim(row), Status.QUEUED, available_at=Now() + delay, **said):
            return False
        others = WebhookDelivery.objects.filter(endpoint=row.endpoint_id, status=Status.QUEUED)
        others.filter(available_at__lt=Now() + delay).update(available_at=Now() + delay)
    row.status = Status.QUEUED
    return True


def retry_delivery(row: WebhookDelivery) -> bool:
    """Queue a delivery again that failed, as if it was new; False otherwise. One query."""
    failed = WebhookDelivery.objects.filter(pk=row.pk, status=Status.FAILED)
    fresh: dict[str, Any] = {"attempts": 0, "tries": 0, "error_code": "", "finished_at": None}
    return bool(move(failed, Status.QUEUED, available_at=Now(), queued_at=Now(), **fresh))
