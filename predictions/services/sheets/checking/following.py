"""Ditto marks follow the cell above them: who corrects that cell corrects them too."""

from ml.sheets.calibration import DITTO_IS_DITTO, READ_IS_DITTO
from predictions.models.sheets import SheetCell, ValueSource


def find_ditto_cells(cell: SheetCell) -> list[SheetCell]:
    """Return the cells right below a cell that repeat its value by ditto marks and that nobody confirmed. One query."""
    below = SheetCell.objects.filter(
        page__sheet=cell.page.sheet_id, page__copy=cell.page.copy, column=cell.column, row__gt=cell.row
    )
    found = []
    for number, one in enumerate(below.defer("image").order_by("row"), cell.row + 1):
        if one.row != number or one.source != ValueSource.DITTO or one.confirmed_at is not None:
            break
        found.append(one)
    return found


def trust_of(cell: SheetCell) -> float:
    """Return how likely the marks in a cell are ditto marks: those that were read look less like them."""
    return READ_IS_DITTO if cell.submission_id else DITTO_IS_DITTO
