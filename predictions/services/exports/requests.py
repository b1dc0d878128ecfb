"""Request an export of drawings, and delete it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import IntegrityError, connection, transaction

from accounts import audit
from accounts.models import User
from predictions import lifecycle
from predictions.models import Export, ExportFormat, Sheet, Submission, SubmissionQuerySet
from predictions.models.exports import KEYS_IN_PART
from predictions.services import quotas
from predictions.services.errors import Refused
from predictions.services.sheets.tables import load_table

IN_PROGRESS = "export_in_progress"
STORE_PARTS = """
    INSERT INTO predictions_exportpart (export_id, number, keys)
    SELECT %s, (place - 1) / {keys_in_part}, array_agg(key ORDER BY key DESC)
    FROM (SELECT key, row_number() OVER (ORDER BY key DESC) AS place FROM ({chosen}) AS chosen) AS placed
    GROUP BY 2
"""


def request_sheet(owner: User, sheet: Sheet) -> Export:
    """Return a new export of a sheet of `owner` as a workbook; it holds the values at the time when it is written.

    Raises:
        Refused: 409 if the sheet has no cells, or as `request_export`.
    """
    count = len(load_table(sheet, with_alternatives=False).cut_cells)
    if not count:
        raise Refused("no_cells", "No cells of this sheet were found yet, so there is nothing to export.", 409)
    export = Export(owner=owner, format=ExportFormat.SHEET, limit_bytes=_find_room(owner), sheet=sheet, total=count)
    with _one_at_a_time(), transaction.atomic():
        export.save(force_insert=True)
        audit.record(owner, "export.requested", export.format, export=str(export.pk), count=count)
    export.refresh_from_db()
    return export


def request_export(owner: User, kind: ExportFormat, chosen: SubmissionQuerySet) -> Export:
    """Return a new export of those of `owner`'s drawings that are in `chosen` now; a worker finds it within a second.

    Raises:
        Refused: 409 if there are none, or if an export of `owner` is unfinished; 429 if they have no room for one.
    """
    return _store(Export(owner=owner, format=kind, limit_bytes=_find_room(owner)), chosen)


def request_everything(owner: User) -> Export:
    """Return a new export of everything about `owner`, in place of an earlier one. It may always be as large.

    Raises:
        Refused: 409 if an export of `owner` is unfinished.
    """
    with transaction.atomic():
        lifecycle.delete_exports(Export.objects.finished().filter(owner=owner, format=ExportFormat.EVERYTHING))
        export = Export(owner=owner, format=ExportFormat.EVERYTHING, limit_bytes=settings.KEPT_LIMIT_BYTES)
        return _store(export, Submission.objects.of(owner))


def delete_export(export: Export, by: User) -> None:
    """Delete an export and its file at once; a worker that writes it stops."""
    with transaction.atomic():
        lifecycle.delete_exports(Export.objects.filter(pk=export.pk))
        audit.record(by, "export.deleted", export.format, export=str(export.pk))


def _find_room(owner: User) -> int:
    """Return how many bytes a file of `owner` may have. Raises Refused if there is no room for any."""
    room = settings.KEPT_LIMIT_BYTES - quotas.sum_kept(owner)
    if room <= 0:
        raise quotas.too_much_kept()
    return room


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Refuse an export whose owner has an unfinished one."""
    try:
        yield
    except IntegrityError:
        message = "Another export of yours is unfinished. Wait until it is finished, or delete it."
        raise Refused(IN_PROGRESS, message, 409) from None


def _store(export: Export, chosen: SubmissionQuerySet) -> Export:
    """Store a new export and which drawings it is of, rather than how they were chosen.

    What arrives or changes later then makes no difference. About six queries, however many drawings. Raises Refused.
    """
    with _one_at_a_time(), transaction.atomic():
        export.save(force_insert=True)
        export.total = _store_parts(export, chosen.filter(owner=export.owner))
        if not export.total and export.format != ExportFormat.EVERYTHING:
            raise Refused("nothing_to_export", "No drawings match, so there is nothing to export.", 409)
        export.save(update_fields=["total"])
        audit.record(export.owner, "export.requested", export.format, export=str(export.pk), count=export.total)
    export.refresh_from_db()
    return export


def _store_parts(export: Export, chosen: SubmissionQuerySet) -> int:
    """Store the keys of the drawings that are chosen, in one statement; return how many."""
    try:
        sql, values = chosen.order_by().values("key").query.sql_with_params()
    except EmptyResultSet:  # the filters exclude one another
        return 0
    with connection.cursor() as cursor:
        # The part is a queryset's SQL with placeholders.
        cursor.execute(  # nosemgrep: sql-from-parts
            STORE_PARTS.format(keys_in_part=KEYS_IN_PART, chosen=sql), [export.pk, *values]
        )
        cursor.execute(
            "SELECT coalesce(sum(cardinality(keys)), 0) FROM predictions_exportpart WHERE export_id = %s", [export.pk]
        )
        return int(cursor.fetchone()[0])
