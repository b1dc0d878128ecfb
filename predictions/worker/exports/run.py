"""Run exports: one at a time, whole or not at all, and never before people's drawings."""

import logging
from collections.abc import Callable

from django.db import DatabaseError

from predictions import claims, lifecycle
from predictions.claims import Batch, Interrupted
from predictions.models import ErrorCode, Export, ExportFormat
from predictions.worker.exports.chunks import ChunkWriter, LostClaim, NoRoom
from predictions.worker.exports.documents import write_json
from predictions.worker.exports.everything import write_everything
from predictions.worker.exports.pace import GoOn, Pace
from predictions.worker.exports.pictures import write_png
from predictions.worker.exports.sheets import write_sheet
from predictions.worker.exports.tables import write_csv, write_xlsx
from predictions.worker.watchdog import leased

WRITERS: dict[ExportFormat, Callable[[Export, ChunkWriter], None]] = {
    ExportFormat.CSV: write_csv,
    ExportFormat.XLSX: write_xlsx,
    ExportFormat.JSON: write_json,
    ExportFormat.PNG: write_png,
    ExportFormat.EVERYTHING: write_everything,
    ExportFormat.SHEET: write_sheet,
}
PASSES = {ExportFormat.EVERYTHING: 2}  # how often a format writes each drawing

logger = logging.getLogger(__name__)


def run_next(go_on: GoOn) -> bool:
    """Write the first waiting export; return True if one was finished. One query if none waits.

    go_on: called about every 0.1 s, to do more urgent work; if it returns False, the export is put back.
    """
    if not claims.is_export_waiting():
        return False
    try:
        with claims.claimed_export() as rows:
            return any(_run(row, rows, go_on) for row in rows)
    except Interrupted:
        return False


def _run(export: Export, rows: Batch[Export], go_on: GoOn) -> bool:
    try:
        with leased(rows), Pace(go_on) as pace:
            done = write(export, pace)
    except (DatabaseError, Interrupted):
        raise
    except LostClaim:  # what it wrote is deleted by who has it now
        logger.info("export %s was deleted, or another worker has it", export.pk)
        return False
    except NoRoom:
        is_ours = lifecycle.fail_export(export, ErrorCode.TOO_LARGE)
        Export.objects.filter(pk=export.pk, error_code=ErrorCode.TOO_LARGE).delete_chunks()
        return is_ours
    except Exception:  # logged; the export returns to the queue with its attempt counted
        logger.exception("export %s failed", export.pk)
        return False
    return lifecycle.complete_export(export, done)


def write(export: Export, pace: Pace) -> int:
    """Write the chunks of a claimed export; return of how many drawings. Raises LostClaim, NoRoom, Interrupted."""
    kind = ExportFormat(export.format)
    file = ChunkWriter(export, pace, PASSES.get(kind, 1))
    WRITERS[kind](export, file)
    file.finish()
    return file.done
