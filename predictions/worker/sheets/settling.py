"""Settle sheets: once all cells were read, find the most likely table under the template's ranges and sums.

A sheet is settled under the lock of its row, so once however many workers there are. Whatever changes what it is made
of, as a page that is added or a cell that is read again, unsettles it, and it is settled again. What a person confirmed
stays as it is.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.postgres.prepared import run_prepared
from ml.sheets.calibration import Read, ReadCell, calibrate_table
from ml.sheets.solving import Place, Solved, solve
from ml.sheets.states import CellState as State
from ml.sheets.template import Template
from ml.types import MAX_TEXT_CHARS
from predictions import lifecycle
from predictions.models import (
    Sheet,
    SheetCell,
    SheetPage,
    Status,
    Submission,
    ValueSource,
    WebhookEvent,
)
from predictions.services.sheets.tables import load_alternatives
from predictions.webhooks.events import queue_event, queue_if_confirmed
from predictions.worker.sheets.looking import COVERED
from predictions.worker.sheets.repeats import note_repeats

logger = logging.getLogger(__name__)

UNSETTLED = "SELECT EXISTS (SELECT FROM predictions_sheet WHERE settled_at IS NULL)"
COLUMNS = ("text", "read_text", "confidence", "source")


def has_unsettled() -> bool:
    """Return whether there may be anything to do for sheets: one with a page that waits is not settled. One query."""
    return bool(run_prepared(UNSETTLED, [])[0][0])


def settle_next() -> bool:
    """Settle one sheet whose cells were all read; False if there is none, or others settle them. One query if none."""
    return any(settle(id_) for id_ in list(_ready().order_by("created_at").values_list("pk", flat=True)[:5]))


def settle(id_: UUID) -> bool:
    """Settle a sheet if it is still to be settled and nothing of it waits; False otherwise."""
    with transaction.atomic():
        unsettled = Sheet.objects.filter(pk=id_, settled_at=None, deleted_at=None)
        sheet = unsettled.select_for_update(skip_locked=True, no_key=True).first()  # without a join, which may be stale
        if sheet is None or not _ready().filter(pk=id_).exists():  # looked at again under the lock
            return False
        try:
            with transaction.atomic():
                _store_values(sheet)
        except DatabaseError:
            raise
        except Exception:  # logged; a sheet that breaks this is checked by a person, and not settled again and again
            logger.exception("the values of sheet %s can't be stored", sheet.pk)
        unsettled.update(settled_at=Now())
        lifecycle.notify_sheet(id_)
        if sheet.template_id is not None and sheet.pages.filter(status=Status.SUCCEEDED).exists():  # cells were read
            queue_event(sheet.owner_id, WebhookEvent.SHEET_READ, id_)
            queue_if_confirmed(id_)  # as it may be without a page that is removed by now
    return True


def _ready() -> QuerySet[Sheet]:
    """Return the sheets that are to be settled and of which nothing waits."""
    pages = SheetPage.objects.unfinished().filter(sheet=OuterRef("pk"))
    cells = Submission.objects.unfinished().filter(owner=OuterRef("owner"), sheet=OuterRef("pk"))
    return Sheet.objects.filter(~Exists(pages), ~Exists(cells), settled_at=None, deleted_at=None)


def _store_values(sheet: Sheet) -> None:
    """Store the values of the most likely table, each copy of the template's pages for itself."""
    template = sheet.parsed_template
    cells = SheetCell.objects.with_values().filter(page__sheet=sheet)
    found = list(cells.select_related("page", "submission").defer("image").order_by("page__copy", "row", "column"))
    by_copy: dict[int, dict[Place, SheetCell]] = defaultdict(dict)
    for cell in found:
        by_copy[cell.page.copy][cell.row, cell.column] = cell
    alternatives = load_alternatives(found)
    for copy in by_copy.values():
        read = {place: _make_read(cell, alternatives) for place, cell in copy.items()}
        solved = _solve(sheet, template, read)
        for place, cell in copy.items():
            _set_value(cell, read[place], solved[place])
    note_repeats(sheet, found)
    changed = [cell for cell in found if cell.confirmed_at is None]
    SheetCell.objects.bulk_update(changed, COLUMNS, batch_size=500)


def _solve(
    sheet: Sheet, template: Template | None, cells: Mapping[Place, ReadCell]
) -> Mapping[Place, tuple[Solved, State]]:
    """Return the most likely table and what each cell turned out to be, or what was read if that can't be found."""
    if template is not None:
        try:
            inputs = calibrate_table(template, cells)
            return {place: (solved, inputs[place].state) for place, solved in solve(template, inputs).cells.items()}
        except Exception:  # logged; a sheet that breaks the solver is settled without it, and not tried for ever
            logger.exception("the table of sheet %s can't be solved", sheet.pk)
    return {
        place: (Solved(cell.read.text, cell.read.confidence) if cell.read else Solved("", 0.0), cell.state)
        for place, cell in cells.items()
    }


def _make_read(cell: SheetCell, alternatives: Mapping[int | None, Any]) -> ReadCell:
    """Return what is known of a cell. One whose submission failed or is gone was not read."""
    fixed, row = cell.text if cell.confirmed_at else None, cell.submission
    is_covered = [cell.row, cell.column] in (cell.page.quality or {}).get(COVERED, ())
    read = None
    if row is not None and row.status == Status.SUCCEEDED:
        read = Read(row.shown_text, row.confidence or 0.0, alternatives.get(row.pk, ()), row.written)
    return ReadCell(State(cell.state), read, fixed, is_covered)


def _set_value(cell: SheetCell, known: ReadCell, found: tuple[Solved, State]) -> None:
    solved, state = found
    if cell.confirmed_at:
        return
    cell.read_text = known.read.text if known.read else ""
    cell.text, cell.confidence = solved.text[:MAX_TEXT_CHARS], solved.confidence
    cell.source = ValueSource.READ
    if state is State.DITTO:
        cell.source = ValueSource.DITTO
    elif solved.is_changed and solved.sums:
        cell.source = ValueSource.SUM
