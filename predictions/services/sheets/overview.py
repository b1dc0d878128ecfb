"""A person's sheets, newest first, with their totals."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from predictions.models.claimable import UNFINISHED, Status
from predictions.models.sheets import Sheet, SheetCell, SheetPage
from predictions.services.sheets.checking.thresholds import DEFAULT_THRESHOLD


@dataclass(frozen=True)
class Totals:
    """What a sheet holds.

    waiting: pages that are still to be looked at.
    failed: pages that can't be read, and are to be taken again.
    tables: pages with a table that is not ours.
    doubtful: cells that its owner should check, as they are less sure than the sheet's threshold.
    """

    pages: int = 0
    waiting: int = 0
    failed: int = 0
    tables: int = 0
    cells: int = 0
    confirmed: int = 0
    doubtful: int = 0

    @property
    def is_confirmed(self) -> bool:
        """Whether nothing is left to confirm, nor to take again: a page that can't be read has rows, too."""
        return 0 < self.cells == self.confirmed and not self.failed


def sheets_of(owner: User) -> QuerySet[Sheet]:
    """Return the sheets of a person that they did not delete."""
    return Sheet.objects.filter(owner=owner, deleted_at=None)


def list_sheets(owner: User, limit: int, before: dt.datetime | None = None) -> list[tuple[Sheet, Totals]]:
    """Return the newest sheets, those sent earlier than `before`. Four queries."""
    rows = sheets_of(owner).order_by("-created_at", "-pk").select_related("template").defer("template__table")
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    sheets = list(rows[:limit])
    totals = count_totals(owner, sheets)
    return [(sheet, totals[sheet.pk]) for sheet in sheets]


def count_totals(owner: User, sheets: Sequence[Sheet]) -> dict[object, Totals]:
    """Return the totals by the id of each sheet. Three queries."""
    keys = [sheet.pk for sheet in sheets]
    pages: dict[Any, Any] = {
        row["sheet"]: row
        for row in SheetPage.objects.filter(sheet__in=keys)
        .values("sheet")
        .annotate(
            pages=Count("pk"),
            waiting=Count("pk", filter=Q(status__in=UNFINISHED)),
            failed=Count("pk", filter=Q(status=Status.FAILED)),
            tables=Count("pk", filter=Q(table__isnull=False)),
        )
    }
    unsure = Q(confidence=None) | Q(confidence__lt=Coalesce(F("page__sheet__threshold"), Value(DEFAULT_THRESHOLD)))
    cells: dict[Any, Any] = {
        row["page__sheet"]: row
        for row in SheetCell.objects.with_values()
        .filter(page__sheet__in=keys)
        .values("page__sheet")
        .annotate(
            cells=Count("pk"),
            confirmed=Count("pk", filter=Q(confirmed_at__isnull=False)),
            doubtful=Count("pk", filter=Q(confirmed_at=None) & unsure),
        )
    }
    return {key: _totals(pages.get(key, {}), cells.get(key, {})) for key in keys}


def _totals(pages: dict[str, int], cells: dict[str, int]) -> Totals:
    counted = {name: count for row in (pages, cells) for name, count in row.items() if "sheet" not in name}
    return Totals(**counted)
