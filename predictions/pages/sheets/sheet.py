"""A sheet: its pages and what is wrong with them, how far it was read, and its table."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.post_only import post_only
from predictions.models import UNFINISHED, Status
from predictions.models.sheets import CellState, Sheet, SheetPage
from predictions.pages.access import user_of
from predictions.pages.sheets.access import own_sheet
from predictions.pages.sheets.capture import TYPES
from predictions.pages.sheets.cells import count_progress, explain, explain_sums, is_doubtful
from predictions.pages.sheets.problems import problem_of
from predictions.pages.sheets.titles import SheetTitleForm
from predictions.services.errors import Refused
from predictions.services.exports.requests import request_sheet
from predictions.services.sheets.checking.thresholds import list_choices, threshold_of
from predictions.services.sheets.overview import count_totals
from predictions.services.sheets.progress import list_failed_pages, list_missing_pages
from predictions.services.sheets.tables import Table, TableCell, TableRow, load_table
from predictions.services.sheets.wording.columns import find_problem
from predictions.services.sheets.wording.photographs import (
    Finding,
    describe_failed,
    describe_missing,
    describe_quality,
)


@dataclass(frozen=True)
class ShownPage:
    """A page as the list of pages shows it.

    confirmed: how many values of it a person confirmed, which are lost with it.
    asked: what is to be confirmed now: "remove", "replace" or "".
    """

    page: SheetPage
    findings: list[Finding]
    confirmed: int = 0
    asked: str = ""

    @property
    def is_waiting(self) -> bool:
        """Whether no worker has looked at it yet."""
        return self.page.status in UNFINISHED

    @property
    def has_failed(self) -> bool:
        """Whether it can't be read, so that it should be taken again."""
        return self.page.status == Status.FAILED

    @property
    def has_picture(self) -> bool:
        """Whether its picture is kept, a small one if it can't be read."""
        return self.page.width_px is not None or (self.has_failed and self.page.kept_bytes > 0)


@dataclass(frozen=True)
class ShownCell:
    """A cell as the table shows it.

    page: whose picture shows the cell, if it is kept as a picture only, or crossed out.
    """

    cell: TableCell
    is_doubtful: bool
    has_problem: bool  # its value is not what its column expects
    explanation: str
    page: SheetPage | None = None

    @property
    def view_box(self) -> str:
        """The part of the picture that it is, as SVG's viewBox."""
        return " ".join(f"{number:.1f}" for number in self.cell.box)


@require_safe
@login_required
@never_cache
def sheet(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show a sheet, with the table of the page that `?page=` numbers, or of the first that has cells."""
    found = own_sheet(request, id_)
    table = load_table(found, with_alternatives=False)
    threshold = threshold_of(found)
    numbers = numbers_of(table)
    chosen = _chosen(request, numbers)
    choices = list_choices(found) if found.settled_at else []
    failed = list_failed_pages(table.pages) if numbers else []  # without any rows, the pages themselves say it
    missing = [] if failed else list_missing_pages(found, table.pages)  # which may be those that can't be read
    context = {
        "sheet": found,
        "title": title_of(found),
        "form": SheetTitleForm(initial={"title": found.title}),
        "types": TYPES,
        "pages": _show_pages(request, table),
        "progress": table.progress,
        "is_unfinished": is_unfinished(table),
        "needs_columns": found.template is None and any(page.table is not None for page in table.pages),
        "totals": count_totals(user_of(request), [found])[found.pk],
        "table": table,
        "rows": shown_rows(table, chosen, threshold),
        "numbers": numbers,
        "chosen": chosen,
        "wrong_sums": explain_sums(table),
        "failed": failed,
        "lacks": [describe_failed(failed), describe_missing(missing)],
        "doubtful": count_progress(table.cells, threshold),
        "choices": choices,
        "chosen_threshold": nearest([choice.threshold for choice in choices], threshold),
    }
    return render(request, "sheets/sheet.html", context)


@post_only("sheet", "id_")
def workbook(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Have a worker write the sheet as a workbook, and lead to the files."""
    found = own_sheet(request, id_)
    try:
        request_sheet(user_of(request), found)
    except Refused as refusal:
        messages.error(request, problem_of(refusal))
        return redirect("sheet", found.pk)
    return redirect("exports")


def title_of(sheet: Sheet) -> str:
    """Return the sheet's title, else its template's, else when it was sent."""
    if sheet.name:
        return sheet.name
    sent = date_format(timezone.localtime(sheet.created_at), "SHORT_DATE_FORMAT")
    return _("Sheet of %(date)s") % {"date": sent}


def is_unfinished(table: Table) -> bool:
    """Return whether something of the sheet is still to be read."""
    progress = table.progress
    is_read = progress.pages_done == progress.pages and progress.cells_done == progress.cells
    return not is_read or (progress.pages > 0 and not progress.is_settled)


def numbers_of(table: Table) -> list[int]:
    """Return the numbers of the pages that have cells."""
    return sorted({cell.page for cell in table.cut_cells})


def rows_of(table: Table, number: int | None) -> list[TableRow]:
    """Return the rows of a page."""
    return [row for row in table.rows if any(cell.page == number for cell in row.cut_cells)]


def shown_rows(table: Table, number: int | None, threshold: float) -> list[tuple[TableRow, list[ShownCell | None]]]:
    """Return the rows of a page as the table shows them."""
    page = next((page for page in table.pages if page.number == number and page.width_px), None)
    return [(row, [_show_cell(table, cell, threshold, page) for cell in row.cells]) for row in rows_of(table, number)]


def nearest(thresholds: Sequence[float], chosen: float) -> float | None:
    """Return the threshold to propose."""
    return min(thresholds, key=lambda one: abs(one - chosen), default=None)


def _chosen(request: HttpRequest, numbers: list[int]) -> int | None:
    given = request.GET.get("page", "")
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    return wanted if wanted in numbers else next(iter(numbers), None)


def _show_pages(request: HttpRequest, table: Table) -> list[ShownPage]:
    """Return the pages; `?remove=` and `?replace=` name one whose values would be lost, which is asked first."""
    confirmed = Counter(cell.page for cell in table.cells if cell.confirmed_at)
    asked = {request.GET.get(what, ""): what for what in ("replace", "remove")}
    return [
        replace(_show_page(page), confirmed=confirmed[page.number], asked=asked.get(str(page.pk), ""))
        for page in table.pages
    ]


def _show_page(page: SheetPage) -> ShownPage:
    has_failed = page.status == Status.FAILED
    findings = describe_quality(page.quality, is_fatal=has_failed)
    if has_failed and not findings:
        findings = [Finding(page.failure_text, is_fatal=True)]
    return ShownPage(page, findings)


def _show_cell(table: Table, cell: TableCell | None, threshold: float, page: SheetPage | None) -> ShownCell | None:
    if cell is None:
        return None
    template = table.template
    doubtful = cell.id is not None and cell.confirmed_at is None and is_doubtful(cell, threshold)
    problem = find_problem(template, cell.row, cell.column, cell.text)
    explanation = explain(template, cell) if template and cell.is_value else ""
    is_struck = cell.state == CellState.CROSSED_OUT and not cell.text and cell.confirmed_at is None
    is_picture = cell.id is not None and (not cell.is_value or is_struck)
    return ShownCell(cell, doubtful, bool(problem), explanation, page if is_picture else None)
