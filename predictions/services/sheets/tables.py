"""The table of a sheet as people see it: its rows and cells, how far it was read, and what does not add up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from ml.sheets import solving
from ml.sheets.calibration import expected_errors
from ml.sheets.solving import Place, WrongSum
from ml.sheets.template import Column, ColumnKind, Template
from predictions.models import (
    UNFINISHED,
    CellState,
    Prediction,
    Sheet,
    SheetCell,
    SheetPage,
)

Alternative = tuple[str, float]


@dataclass(frozen=True)
class TableCell:
    """A cell as people see it.

    id: of the SheetCell; None for a label, which is printed and not read.
    row, column: of the template, from 0.
    text: the value; `read_text` what the reader said by itself.
    confidence: that the value is right; None until it was read, or if it can't be.
    state: a CellState; `source` a ValueSource.
    confirmed_by: the key of who accepted or typed the value.
    is_waiting: whether it is still to be read.
    alternatives: other texts with their probabilities, the likeliest first.
    has_image: whether a picture of its own is kept, as of all that holds ink.
    page: the number of the page; `box` is x, y, width and height in px of its picture.
    """

    id: int | None
    row: int
    column: int
    text: str = ""
    read_text: str = ""
    confidence: float | None = None
    state: str = CellState.NOT_READ
    source: str = ""
    confirmed_at: datetime | None = None
    confirmed_by: int | None = None
    is_waiting: bool = False
    alternatives: tuple[Alternative, ...] = ()
    has_image: bool = False
    page: int = 0
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    @property
    def is_value(self) -> bool:
        """Whether the cell holds a value that a person may confirm: no label, and no picture that is not read."""
        return self.id is not None and self.state != CellState.NOT_READ


@dataclass(frozen=True)
class TableRow:
    """A row as it was filled in.

    row: of the template, from 0.
    copy: which filled-in copy of the template's page it is on, from 0.
    cells: one a column; None where a page is missing, or the column is not filled in there.
    """

    row: int
    copy: int
    is_total: bool
    cells: tuple[TableCell | None, ...]

    @property
    def cut_cells(self) -> list[TableCell]:
        """The cells that were cut from a page: all but printed labels."""
        return [cell for cell in self.cells if cell and cell.id is not None]


@dataclass(frozen=True)
class Progress:
    """How far a sheet was read: pages and cells that are to be read, and those that are finished."""

    pages: int = 0
    pages_done: int = 0
    cells: int = 0
    cells_done: int = 0
    is_settled: bool = False


@dataclass(frozen=True)
class Table:
    """A sheet's table.

    template: None until it is known, or the columns of an own table are named.
    columns: of the template; of an own table without names, "1", "2" and so on.
    wrong_sums: by copy, the sums that do not add up.
    """

    sheet: Sheet
    template: Template | None
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    pages: tuple[SheetPage, ...]
    progress: Progress
    wrong_sums: Mapping[int, Sequence[WrongSum]] = field(default_factory=dict)

    @property
    def cut_cells(self) -> list[TableCell]:
        """All cells that were cut from pages, row by row."""
        return [cell for row in self.rows for cell in row.cut_cells]

    @property
    def cells(self) -> list[TableCell]:
        """All cells that hold a value, row by row."""
        return [cell for cell in self.cut_cells if cell.is_value]

    @property
    def expected_errors(self) -> float:
        """How many of the values that nobody confirmed are wrong, by their confidences."""
        known = [cell.confidence for cell in self.cells if cell.confirmed_at is None and cell.confidence is not None]
        return expected_errors(known, 0.0)


def load_progress(sheet: Sheet) -> Progress:
    """Return how far a sheet was read. Two queries."""
    pages = SheetPage.objects.filter(sheet=sheet).aggregate(
        all=Count("pk"), waiting=Count("pk", Q(status__in=UNFINISHED))
    )
    read = SheetCell.objects.filter(page__sheet=sheet, submission__isnull=False)
    cells = read.aggregate(all=Count("pk"), waiting=Count("pk", Q(submission__status__in=UNFINISHED)))
    return Progress(
        pages=pages["all"],
        pages_done=pages["all"] - pages["waiting"],
        cells=cells["all"],
        cells_done=cells["all"] - cells["waiting"],
        is_settled=sheet.settled_at is not None,
    )


def load_table(sheet: Sheet, *, with_alternatives: bool = True) -> Table:
    """Return the table of a sheet, as far as it was read. Up to six queries, however many cells."""
    template = sheet.parsed_template
    pages = tuple(SheetPage.objects.filter(sheet=sheet).order_by("number"))
    cells = list(
        SheetCell.objects.filter(page__sheet=sheet)
        .select_related("page", "submission")
        .only(*CELL_COLUMNS)
        .annotate(has_image=Q(image__isnull=False) | Q(submission__isnull=False))
        .order_by("page__copy", "row", "column")
    )
    alternatives = load_alternatives(cells) if with_alternatives else {}
    by_row: dict[tuple[int, int], dict[int, TableCell]] = defaultdict(dict)
    for cell in cells:
        by_row[cell.page.copy, cell.row][cell.column] = _shown(cell, alternatives.get(cell.submission_id, ()))
    columns = template.columns if template else _unnamed(cells)
    rows = tuple(make_row(template, columns, key, found) for key, found in sorted(by_row.items()))
    wrong_sums = find_wrong_sums(template, rows) if template and sheet.settled_at else {}
    return Table(sheet, template, columns, rows, pages, load_progress(sheet), wrong_sums)


CELL_COLUMNS = (
    "row", "column", "x", "y", "width", "height", "state", "text", "read_text", "confidence", "source",
    "confirmed_at", "confirmed_by_id", "page__number", "page__copy", "submission__status",
)  # fmt: skip


def load_alternatives(cells: Iterable[SheetCell]) -> dict[int | None, tuple[Alternative, ...]]:
    """Return the other texts of each cell's newest reading, by the key of its submission. One query."""
    keys = [cell.submission_id for cell in cells if cell.submission_id is not None]
    rows = Prediction.objects.filter(submission__in=keys).order_by("pk")
    found: dict[int | None, tuple[Alternative, ...]] = {}
    for key, listed in rows.values_list("submission", "reading__alternatives"):
        found[key] = tuple((one["text"], one["probability"]) for one in listed or ())
    return found


def find_wrong_sums(template: Template, rows: Iterable[TableRow]) -> dict[int, list[WrongSum]]:
    """Return the sums that do not add up in the values as they are, by copy."""
    found = {copy: list(solving.find_wrong_sums(template, texts)) for copy, texts in list_texts(rows).items()}
    return {copy: wrong for copy, wrong in found.items() if wrong}


def list_texts(rows: Iterable[TableRow]) -> dict[int, dict[Place, str]]:
    """Return the values of the cells that hold one, by copy and place."""
    texts: dict[int, dict[Place, str]] = defaultdict(dict)
    for row in rows:
        texts[row.copy] |= {(cell.row, cell.column): cell.text for cell in row.cut_cells if cell.is_value}
    return texts


def make_row(
    template: Template | None, columns: Sequence[Column], key: tuple[int, int], found: dict[int, TableCell]
) -> TableRow:
    """Return a row of the cells that were found, with what is printed in it. key: the copy of its page, and its row."""
    copy, row = key
    is_total = template is not None and row >= template.rows
    for number, column in enumerate(columns):
        if column.kind is ColumnKind.LABEL and row < len(column.labels):
            found[number] = TableCell(None, row, number, text=column.labels[row])
    return TableRow(row, copy, is_total, tuple(found.get(number) for number in range(len(columns))))


def _shown(cell: SheetCell, alternatives: tuple[Alternative, ...]) -> TableCell:
    names: tuple[str, ...] = ("row", "column", "text", "read_text", "confidence", "state", "source", "confirmed_at")
    values: dict[str, Any] = {name: getattr(cell, name) for name in names}
    return TableCell(
        id=cell.pk,
        **values,
        confirmed_by=cell.confirmed_by_id,
        has_image=cell.has_image,  # type: ignore[attr-defined]  # of the query in `load_table`
        is_waiting=cell.submission is not None and cell.submission.status in UNFINISHED,
        alternatives=alternatives,
        page=cell.page.number,
        box=(cell.x, cell.y, cell.width, cell.height),
    )


def _unnamed(cells: Iterable[SheetCell]) -> tuple[Column, ...]:
    """Return columns named by their numbers."""
    count = max((cell.column for cell in cells), default=-1) + 1
    return tuple(Column(str(number + 1), ColumnKind.TEXT) for number in range(count))
