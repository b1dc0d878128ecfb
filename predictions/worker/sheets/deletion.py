"""Delete sheets with all that belongs to them: what was deleted, what is too old, and what older code left."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from predictions import lifecycle
from predictions.models import UNFINISHED, PageFile, Sheet, SheetCell, SheetPage, SheetTemplate, Submission
from predictions.worker import slices
from predictions.worker.complete_deletion import delete_completely
from predictions.worker.slices import Outcome, in_slices


def delete_deleted() -> Outcome:
    """Delete sheets that were deleted, those whose owner older code deleted, and photographs that nobody will read."""
    everybody = User.objects.values("pk")
    deleted = Sheet.objects.filter(deleted_at__isnull=False).order_by("deleted_at")
    left = Sheet.objects.exclude(owner__in=everybody)
    templates = SheetTemplate.objects.exclude(owner__in=everybody)

    def delete_templates() -> int:
        keys = list(templates.values_list("pk", flat=True)[: slices.SLICE])
        SheetTemplate.objects.filter(pk__in=keys).delete()
        return len(keys)

    return in_slices(lambda: _delete_some(deleted), lambda: _delete_some(left), delete_templates, _forget_originals)


def delete_old(days: int) -> Outcome:
    """Delete the sheets that were sent more than so many days ago; how many is recorded in the audit log."""
    old = Sheet.objects.filter(created_at__lt=Now() - timedelta(days=days), deleted_at=None)
    keys = list(old.order_by("created_at").values_list("pk", flat=True)[: slices.SLICE])
    if not keys:
        return Outcome()
    with transaction.atomic():
        hidden = Sheet.objects.filter(pk__in=keys, deleted_at=None).update(deleted_at=Now())
        audit.record(None, "sheets.expired", count=hidden, days=days)
    return Outcome(hidden, is_finished=len(keys) < slices.SLICE) + delete_deleted()


def _delete_some(sheets: QuerySet[Sheet]) -> int:
    """Delete up to SLICE cells' submissions of one sheet, or else a sheet without any; return SLICE if more are left.

    What a worker holds is canceled first, so that it stores nothing more of it.
    """
    key = sheets.values_list("pk", flat=True).first()
    if key is None:
        return 0
    lifecycle.cancel(SheetPage.objects.filter(sheet=key))
    cells = SheetCell.objects.filter(page__sheet=key, submission__isnull=False)
    if keys := list(cells.values_list("submission", flat=True)[: slices.SLICE]):
        if delete_completely(Submission.objects.filter(pk__in=keys)):
            return slices.SLICE
        # older code deleted them, or others have them locked
        gone = SheetCell.objects.filter(submission__in=keys).exclude(submission__in=Submission.objects.values("pk"))
        return slices.SLICE if gone.update(submission=None) else 0
    with transaction.atomic():
        lifecycle.delete_pages(SheetPage.objects.filter(sheet=key))
        Sheet.objects.filter(pk=key).delete()
    return slices.SLICE


def _forget_originals() -> int:
    """Delete photographs of pages that failed without a picture of them."""
    found = PageFile.objects.filter(data__isnull=False).exclude(page__status__in=UNFINISHED)
    keys = list(found.values_list("pk", flat=True)[: slices.SLICE])
    with transaction.atomic():
        PageFile.objects.filter(pk__in=keys).update(data=None)
        SheetPage.objects.filter(pk__in=keys).update(kept_bytes=0)
    return len(keys)
