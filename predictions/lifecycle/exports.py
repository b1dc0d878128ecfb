"""Exports, and the chunks of their files."""

from django.db import transaction

from predictions.lifecycle.claimable import cancel, delete, finish
from predictions.models import ClaimableQuerySet, ErrorCode, Export, Status


def complete_export(export: Export, done: int) -> bool:
    """Finish an export whose chunks, of `done` drawings, are stored; False if the claim was lost. One query."""
    return finish(export, Status.SUCCEEDED, done=done)


def fail_export(export: Export, code: ErrorCode) -> bool:
    """End an export for good; False if the claim was lost meanwhile. One query."""
    return finish(export, Status.FAILED, error_code=code, **export.given_up)


def delete_exports(rows: ClaimableQuerySet[Export]) -> None:
    """Delete exports with their files, whatever their status. All or nothing."""
    with transaction.atomic():
        keys = list(rows.select_for_update().values_list("pk", flat=True))
        held = Export.objects.filter(pk__in=keys)
        cancel(held)  # a worker that holds one can then store no chunk
        held.delete_chunks()
        delete(held)
