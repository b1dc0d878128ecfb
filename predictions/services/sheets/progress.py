"""How far a sheet is: what its pages and cells say together."""

from collections.abc import Sequence

from django.db.models import Count, Q, TextChoices

from ml.sheets.layout import lay_out
from predictions.models import UNFINISHED, CellState, Sheet, SheetCell, SheetPage, Status, TemplateKind


class SheetState(TextChoices):
    """What a sheet waits for."""

    READING = "reading"
    NEEDS_COLUMNS = "needs_columns"
    READ = "read"
    FAILED = "failed"


def find_state(sheet: Sheet, pages: Sequence[SheetPage]) -> SheetState:
    """Return what a sheet with these pages waits for. No query."""
    if any(page.status in UNFINISHED for page in pages):
        return SheetState.READING
    if all(page.status != Status.SUCCEEDED for page in pages):  # or none is left
        return SheetState.FAILED
    if sheet.template_id is None:
        return SheetState.NEEDS_COLUMNS
    return SheetState.READ if sheet.settled_at else SheetState.READING


def is_complete(pages: Sequence[SheetPage]) -> bool:
    """Return whether every page that was sent could be read, so that the table lacks none of them. No query."""
    return bool(pages) and all(page.status == Status.SUCCEEDED for page in pages)


def list_failed_pages(pages: Sequence[SheetPage]) -> list[SheetPage]:
    """Return the pages that can't be read, whose rows the table lacks until they are taken again. No query."""
    return [page for page in pages if page.status == Status.FAILED]


def list_missing_pages(sheet: Sheet, pages: Sequence[SheetPage]) -> list[int]:
    """Return the pages of a printed template that are on no photograph; none while some are still to be looked at."""
    known = sheet.template
    if known is None or known.kind != TemplateKind.PRINTED or any(page.status in UNFINISHED for page in pages):
        return []
    there = {page.template_page for page in pages if page.status == Status.SUCCEEDED}
    numbers = range(1, len(lay_out(known.template)) + 1)
    return [number for number in numbers if number not in there] if there else []


def count_cells(sheet: Sheet) -> dict[str, int]:
    """Return how many cells a sheet has, and how far they are. One query."""
    is_written = Q(state=CellState.WRITTEN)
    return SheetCell.objects.filter(page__sheet=sheet).aggregate(
        cells=Count("pk"),
        unread=Count("pk", filter=is_written & Q(submission__status__in=UNFINISHED)),
        written=Count("pk", filter=is_written),
        confirmed=Count("pk", filter=Q(confirmed_at__isnull=False)),
    )
