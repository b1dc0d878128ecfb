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
from predictions.models.sheets import CellChange, Sheet, SheetCell, ValueSource
from predictions.services.review import InvalidReview, check_review, review_submission, withdraw_review
from predictions.services.sheets.checking.following import find_ditto_cells, trust_of
from predictions.webhooks.events import queue_if_confirmed

State = dict[str, Any]  # of a cell, as a `CellChange` keeps it


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
    followed: cells that repeat one of `cells` by ditto marks, and have its value now.
    """

    cells: Sequence[SheetCell]
    key: int | None = None
    followed: Sequence[SheetCell] = ()


def cells_of(sheet: Sheet) -> QuerySet[SheetCell]:
    """Return the cells of a sheet that a person can confirm."""
    return SheetCell.objects.with_values().filter(page__sheet=sheet)


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
        below = _change_below(cell)
        queue_if_confirmed(cell.page.sheet_id)
        key = _record([*below, (cell, before, after)], by)
        return Change([cell], key, [one for one, _before, _after in below])


def accept_above(sheet: Sheet, by: User, threshold: float) -> Change:
    """Accept all cells that are at least as sure as `threshold`, and keep it as the owner's choice.

    Nobody looked at these cells one by one, so this is no review of them.
    """
    with transaction.atomic():
        earlier = Sheet.objects.select_for_update(no_key=True).get(pk=sheet.pk).threshold
        _set_threshold(sheet, threshold)
        cells = list(cells_of(sheet).filter(confirmed_at=None, confidence__gte=threshold).order_by("pk"))
        if not cells:
            return Change([])
        now, befores = timezone.now(), [_state_of(cell) | {"threshold": earlier} for cell in cells]
        SheetCell.objects.filter(pk__in=[cell.pk for cell in cells]).update(confirmed_by=by, confirmed_at=now)
        for cell in cells:
            cell.confirmed_by, cell.confirmed_at = by, now
        queue_if_confirmed(sheet.pk)
        changes = [(cell, before, _state_of(cell)) for cell, before in zip(cells, befores, strict=True)]
        return Change(cells, _record(changes, by))


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
        undone = [change for change in together if _restore(change, by)]
        if "threshold" in newest.before:  # they were accepted above one
            _set_threshold(sheet, newest.before["threshold"])
        changes.filter(created_at=newest.created_at, undone_at=None).update(undone_at=timezone.now())
        said, followed = ([one.cell for one in undone if _was_said(one) is is_said] for is_said in (True, False))
        return Change(said, newest.pk, followed)


def _set_threshold(sheet: Sheet, threshold: float | None) -> None:
    Sheet.objects.filter(pk=sheet.pk).update(threshold=threshold)
    sheet.threshold = threshold


def _lock(cell: SheetCell) -> SheetCell:
    """Lock the sheet's row, and return the cell as it then is."""
    Sheet.objects.select_for_update(no_key=True).get(pages__cells=cell)
    return SheetCell.objects.select_related("submission", "page").get(pk=cell.pk)


def _change_below(cell: SheetCell) -> list[tuple[SheetCell, State, State]]:
    """Give ditto marks below a cell its value; return them with what they were before and are now."""
    changed = []
    for one in find_ditto_cells(cell):
        before = _state_of(one)
        one.text, one.confidence = cell.text, trust_of(one)
        one.save(update_fields=["text", "confidence"])
        changed.append((one, before, _state_of(one)))
    return changed


def _record(changes: Sequence[tuple[SheetCell, State, State]], by: User) -> int:
    """Store what changed together, with one time, so that it is undone together; return the key of the last."""
    now = timezone.now()
    rows = [CellChange(cell=cell, by=by, before=old, after=new, created_at=now) for cell, old, new in changes]
    return CellChange.objects.bulk_create(rows)[-1].pk


def _was_said(change: CellChange) -> bool:
    """Return whether the person confirmed the cell; ditto marks only follow it."""
    return change.after["confirmed_at"] is not None


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


def _state_of(cell: SheetCell) -> State:
    at = cell.confirmed_at.isoformat() if cell.confirmed_at else None
    return {
        "text": cell.text,
        "source": cell.source,
        "confidence": cell.confidence,
        "confirmed_by": cell.confirmed_by_id,
        "confirmed_at": at,
    }


def _restore(change: CellChange, by: User) -> bool:
    """Give the cell back what it had before the change; return whether it was still as the change left it."""
    cell, before = change.cell, change.before
    if any(change.after.get(name, value) != value for name, value in _state_of(cell).items()):
        return False
    cell.text, cell.source, cell.confirmed_by_id = before["text"], before["source"], before["confirmed_by"]
    cell.confidence = before.get("confidence", cell.confidence)  # which earlier releases did not keep
    cell.confirmed_at = _parse_time(before["confirmed_at"])
    cell.save(update_fields=["text", "source", "confidence", "confirmed_by", "confirmed_at"])
    if cell.submission is not None and change.after.get("review"):
        with suppress(InvalidReview):  # they took it back on the drawing's own page
            withdraw_review(cell.submission, by, review=change.after["review"])
    return True


def _parse_time(text: str | None) -> dt.datetime | None:
    return parse_datetime(text) if text else None
