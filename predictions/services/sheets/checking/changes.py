"""What its owner says about the cells of a sheet: accept, type, empty, undo, and accept all above a threshold.

Each change locks the sheet's row, so that changes and settling come one after the other, and stores a `CellChange`. The
cells that were accepted together share the time of their changes, and are undone together.
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from ml.sheets.characters import find_invisible, name_characters
from ml.types import MAX_TEXT_CHARS
from predictions.models import Role
from predictions.models.sheets import CellChange, CellState, Sheet, SheetCell, ValueSource
from predictions.services.review import InvalidReview, check_review, review_submission, withdraw_review
from predictions.webhooks.events import queue_if_confirmed


class Action(StrEnum):
    """What a person says about a cell."""

    ACCEPT = "accept"
    TYPE = "type"
    EMPTY = "empty"


class InvalidChange(ValueError):
    """What was typed cannot be in this cell; the message says why."""


class ChangeConflict(Exception):
    """The cell is not as the person saw it: it was changed in another tab, or read again."""


@dataclass(frozen=True)
class Change:
    """What a change did.

    key: of its `CellChange`; None if there was nothing to change.
    """

    cells: Sequence[SheetCell]
    key: int | None = None


def cells_of(sheet: Sheet) -> QuerySet[SheetCell]:
    """Return the cells of a sheet that hold a value: all but those that are kept as a picture only."""
    return SheetCell.objects.filter(page__sheet=sheet).exclude(state=CellState.NOT_READ)


def change_cell(cell: SheetCell, by: User, action: Action, text: str = "", *, seen: str | None = None) -> Change:
    """Record what the owner says about a cell, also as their review of its submission.

    seen: the value that they saw; None if that is unknown.

    Raises:
        InvalidChange: if the text cannot be in this cell.
        ChangeConflict: if the cell holds another value by now than they saw.
    """
    with transaction.atomic():
        cell = _lock(cell)
        said = cell.text if action == Action.ACCEPT else "" if action == Action.EMPTY else _check_text(cell, by, text)
        is_same = said == cell.text
        if action == Action.ACCEPT and seen is not None and seen != cell.text:
            raise ChangeConflict  # also of a cell that is confirmed: they accept what they never saw
        if cell.confirmed_at and is_same:
            return Change([cell])  # said twice: the first request arrived, its response did not
        if seen is not None and seen != cell.text and not is_same:
            raise ChangeConflict
        before = _state_of(cell)
        cell.text, cell.confirmed_by, cell.confirmed_at = said, by, timezone.now()
        if not is_same:
            cell.source = ValueSource.PERSON
        cell.save(update_fields=["text", "confirmed_by", "confirmed_at", "source"])
        after = _state_of(cell) | _review(cell, by)
        queue_if_confirmed(cell.page.sheet_id)
        return Change([cell], CellChange.objects.create(cell=cell, by=by, before=before, after=after).pk)


def accept_above(sheet: Sheet, by: User, threshold: float) -> Change:
    """Accept all cells that are at least as sure as `threshold`, and keep it as the owner's choice.

    Nobody looked at these cells one by one, so this is no review of them.
    """
    with transaction.atomic():
        Sheet.objects.select_for_update(no_key=True).get(pk=sheet.pk)
        Sheet.objects.filter(pk=sheet.pk).update(threshold=threshold)
        sheet.threshold = threshold
        cells = list(cells_of(sheet).filter(confirmed_at=None, confidence__gte=threshold).order_by("pk"))
        if not cells:
            return Change([])
        now, befores = timezone.now(), [_state_of(cell) for cell in cells]
        SheetCell.objects.filter(pk__in=[cell.pk for cell in cells]).update(confirmed_by=by, confirmed_at=now)
        for cell in cells:
            cell.confirmed_by, cell.confirmed_at = by, now
        queue_if_confirmed(sheet.pk)
        changes = [
            CellChange(cell=cell, by=by, before=before, after=_state_of(cell), created_at=now)
            for cell, before in zip(cells, befores, strict=True)
        ]
        return Change(cells, CellChange.objects.bulk_create(changes)[-1].pk)


def undo(sheet: Sheet, by: User, key: int | None = None) -> Change:
    """Undo the newest change of this person, or the one with this key, with what was changed together with it.

    A cell that was changed since stays as it is. Nothing is undone twice.
    """
    with transaction.atomic():
        Sheet.objects.select_for_update(no_key=True).get(pk=sheet.pk)
        changes = CellChange.objects.filter(cell__page__sheet=sheet, by=by)
        if key is None:
            newest = changes.filter(undone_at=None).order_by("-created_at", "-pk").first()
        else:
            newest = changes.filter(pk=key).first()
        if newest is None:
            return Change([])
        together = changes.filter(created_at=newest.created_at, undone_at=None).select_related("cell")
        undone = [change.cell for change in together if _restore(change, by)]
        changes.filter(created_at=newest.created_at, undone_at=None).update(undone_at=timezone.now())
        return Change(undone, newest.pk)


def _lock(cell: SheetCell) -> SheetCell:
    """Lock the sheet's row, and return the cell as it then is."""
    Sheet.objects.select_for_update(no_key=True).get(pages__cells=cell)
    return SheetCell.objects.select_related("submission").get(pk=cell.pk)


def _check_text(cell: SheetCell, by: User, text: str) -> str:
    """Return the text as it is stored. Raises InvalidChange."""
    text = " ".join(text.split())
    if not text:
        return ""
    if cell.submission is not None:
        try:
            return check_review(cell.submission, by, text, Role.OWNER)
        except InvalidReview as error:
            raise InvalidChange(str(error)) from error
    if invisible := find_invisible(text):
        message = _("Leave out what can't be printed: %(characters)s.")
        raise InvalidChange(message % {"characters": name_characters(invisible)})
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidChange(_("Use at most %(limit)d characters.") % {"limit": MAX_TEXT_CHARS})
    return text


def _review(cell: SheetCell, by: User) -> dict[str, Any]:
    """Record the value as the owner's review of the submission; return its key for the change."""
    if cell.submission is None or cell.submission.owner_id != by.pk:
        return {}
    try:
        return {"review": review_submission(cell.submission, by, cell.text, Role.OWNER).pk}
    except InvalidReview:
        return {}  # it was read as something that no review can say, such as "12?"


def _state_of(cell: SheetCell) -> dict[str, Any]:
    at = cell.confirmed_at.isoformat() if cell.confirmed_at else None
    return {"text": cell.text, "source": cell.source, "confirmed_by": cell.confirmed_by_id, "confirmed_at": at}


def _restore(change: CellChange, by: User) -> bool:
    """Give the cell back what it had before the change; return whether it was still as the change left it."""
    cell, before = change.cell, change.before
    if any(change.after[name] != value for name, value in _state_of(cell).items()):
        return False
    cell.text, cell.source, cell.confirmed_by_id = before["text"], before["source"], before["confirmed_by"]
    cell.confirmed_at = _parse_time(before["confirmed_at"])
    cell.save(update_fields=["text", "source", "confirmed_by", "confirmed_at"])
    if cell.submission is not None and change.after.get("review"):
        with suppress(InvalidReview):  # they took it back on the drawing's own page
            withdraw_review(cell.submission, by, review=change.after["review"])
    return True


def _parse_time(text: str | None) -> dt.datetime | None:
    return parse_datetime(text) if text else None
