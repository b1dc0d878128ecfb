"""How far a sheet is: what its pages and cells say together."""

from collections.abc import Sequence

from django.db.models import Count, Q, TextChoices

from predictions.models import UNFINISHED, CellState, Sheet, SheetCell, SheetPage, Status


class SheetState(TextChoices):
    """What a sheet waits for."""

    READING = "reading"
    NEEDS_COLUMNS = "needs_columns"
    READ = "read"
    FAILED = "failed"


def find_state(sheet: Sheet, pages: Sequence[SheetPage]) -> SheetState:
    """Return what a sheet with these pages waits for. No query."""
    if not pages or any(page.status in UNFINISHED for page in pages):
        return SheetState.READING
    if all(page.status != Status.SUCCEEDED for page in pages):
        return SheetState.FAILED
    if sheet.template_id is None:
        return SheetState.NEEDS_COLUMNS
    return SheetState.READ if sheet.settled_at else SheetState.READING


def count_cells(sheet: Sheet) -> dict[str, int]:
    """Return how many cells a sheet has, and how far they are. One query."""
    is_written = Q(state=CellState.WRITTEN)
    return SheetCell.objects.filter(page__sheet=sheet).aggregate(
        cells=Count("pk"),
        unread=Count("pk", filter=is_written & Q(submission__status__in=UNFINISHED)),
        written=Count("pk", filter=is_written),
        confirmed=Count("pk", filter=Q(confirmed_at__isnull=False)),
    )
