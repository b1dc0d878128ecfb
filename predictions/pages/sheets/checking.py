"""Checking a sheet: one doubtful cell after the other, by keys or by plain forms, and accepting all that are sure."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.post_only import post_only, with_form
from ml.sheets.template import Template
from predictions.models.sheets import Sheet, SheetCell, SheetPage
from predictions.pages.access import user_of
from predictions.pages.sheets.access import own_sheet
from predictions.pages.sheets.cells import (
    count_progress,
    explain_problem,
    explain_sums,
    is_doubtful,
    name_cell,
)
from predictions.pages.sheets.check_context import check_context
from predictions.pages.sheets.sheet import is_unfinished
from predictions.services.errors import error_body
from predictions.services.sheets.checking import (
    Action,
    Change,
    ChangeConflict,
    InvalidChange,
    accept_above,
    change_cell,
    undo,
)
from predictions.services.sheets.checking.thresholds import THRESHOLDS, threshold_of
from predictions.services.sheets.tables import Table, load_table
from predictions.services.sheets.wording.columns import find_problem

BIGGEST_KEY = 2**63 - 1
ROUTES = {"sheet": "sheet", "check": "check-sheet", "undo": "undo-cells"}


@post_only("check-sheet", "id_")
def _save(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Save one cell. A script gets JSON, a form is led to the next cell."""
    found = own_sheet(request, id_)
    cell = _find_cell(found, request.POST.get("cell", ""))
    if cell is None:
        message = _("This cell is gone: its page was removed or taken again. Reload this page.")
        return _refuse(request, found, None, "not_found", message, 404)
    action, text = _read_action(request)
    try:
        done = change_cell(cell, user_of(request), action, text, seen=request.POST.get("seen"))
    except ChangeConflict:
        message = _("This cell was changed in another tab meanwhile. Look at it again.")
        return _refuse(request, found, cell, "conflict", message, 409)
    except InvalidChange as error:
        return _refuse(request, found, cell, "invalid", str(error), 400)
    if _wants_json(request):
        return _answer(found, done)
    if remark := _remark(found.parsed_template, done):
        messages.warning(request, remark)
    return redirect(f"{reverse('check-sheet', args=[found.pk])}?after={cell.pk}")


@with_form(_save)
def check(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show `?cell=`, else the first doubtful cell, after `?after=` if one follows; or save what is said about one."""
    found = own_sheet(request, id_)
    table, threshold = load_table(found), threshold_of(found)
    if table.template is None or is_unfinished(table) or not table.cut_cells:
        messages.info(request, _tell_obstacle(table))
        return redirect("sheet", found.pk)
    context = check_context(table, threshold, request.GET)
    return render(request, "sheets/check.html", context | {"sheet": found} | _addresses(found, context["page"]))


def _addresses(sheet: Sheet, page: SheetPage | None) -> dict[str, str]:
    """Return where the page of checking leads to, and where it sends what is said."""
    urls = {f"{name}_url": reverse(route, args=[sheet.pk]) for name, route in ROUTES.items()}
    return urls | ({"picture_url": reverse("sheet-page-picture", args=[sheet.pk, page.pk])} if page else {})


@post_only("sheet", "id_")
def accept(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Accept all cells that are at least as sure as the chosen threshold."""
    found = own_sheet(request, id_)
    chosen = next((one for one in THRESHOLDS if str(one) == request.POST.get("threshold")), None)
    if chosen is None:
        messages.error(request, _("Choose how sure a cell must be first."))
        return redirect("sheet", found.pk)
    count = len(accept_above(found, user_of(request), chosen).cells)
    text = ngettext("%(count)d cell was accepted.", "%(count)d cells were accepted.", count) % {"count": count}
    messages.success(request, text)
    return redirect("sheet", found.pk)


@post_only("sheet", "id_")
def undo_change(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Undo the newest change, or the one that a script names, with what was accepted together with it."""
    found = own_sheet(request, id_)
    done = undo(found, user_of(request), _read_key(request.POST.get("change", "")))
    if _wants_json(request):
        return _answer(found, done)
    if not done.cells:
        messages.info(request, _("There is nothing to undo."))
        return redirect("sheet", found.pk)
    if len(done.cells) == 1:
        return redirect(f"{reverse('check-sheet', args=[found.pk])}?cell={done.cells[0].pk}")
    count = len(done.cells)
    messages.success(
        request, ngettext("%(count)d cell is open again.", "%(count)d cells are open again.", count) % {"count": count}
    )
    return redirect("sheet", found.pk)


def _tell_obstacle(table: Table) -> str:
    """Return why there is nothing to check yet, and what to do."""
    if is_unfinished(table):
        return _("This sheet is still being read. Check it when its table is there.")
    if not table.cut_cells:
        return _("This sheet has no cells to check. Add its pages.")
    return _("Name the columns of this table first.")


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _read_action(request: HttpRequest) -> tuple[Action, str]:
    """Return what a form or script says: a button of an alternative, or an action with what was typed."""
    if choice := request.POST.get("choice"):
        return Action.TYPE, choice
    given, text = request.POST.get("action", ""), request.POST.get("text", "")
    if given == Action.EMPTY:
        return Action.EMPTY, ""
    if given == Action.TYPE or text.strip():  # Enter in the field presses the button that accepts
        return Action.TYPE, text
    return Action.ACCEPT, ""


def _read_key(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_number and int(text) <= BIGGEST_KEY else None


def _find_cell(sheet: Sheet, key: str) -> SheetCell | None:
    number = _read_key(key) or 0  # which no cell has
    return SheetCell.objects.filter(page__sheet=sheet, pk=number).first()


def _refuse(
    request: HttpRequest, sheet: Sheet, cell: SheetCell | None, code: str, message: str, status: int
) -> HttpResponse:
    """Say why nothing was saved, and show the cell as it is now."""
    cells = [cell] if cell else []
    if _wants_json(request):
        for one in cells:
            one.refresh_from_db()
        bodies = [_cell_body(sheet, one) for one in cells]
        return JsonResponse(error_body(code, message) | {"cells": bodies}, status=status)
    messages.error(request, message)
    url = reverse("check-sheet", args=[sheet.pk])
    return redirect(f"{url}?cell={cell.pk}" if cell else url)


def _answer(sheet: Sheet, done: Change) -> JsonResponse:
    """Return what became of the cells, how many are left, and the sums that do not add up now."""
    table: Table = load_table(sheet, with_alternatives=False)
    threshold = threshold_of(sheet)
    body: dict[str, Any] = {
        "cells": [_cell_body(sheet, cell) for cell in done.cells],
        "followed": [_cell_body(sheet, cell) | {"is_doubtful": is_doubtful(cell, threshold)} for cell in done.followed],
        "change": done.key,
        "remark": _remark(table.template, done),
        "progress": count_progress(table.cells, threshold),
        "wrong_sums": explain_sums(table),
    }
    return JsonResponse(body)


def _remark(template: Template | None, done: Change) -> str:
    """Return what is odd about the values that were confirmed, with the names of their cells; "" if nothing is."""
    if template is None:
        return ""
    return " ".join(
        f"{name_cell(template, cell.row, cell.column)}: {cell.text}. {problem}"
        for cell in done.cells
        if cell.confirmed_at and (problem := explain_problem(template, cell.row, cell.column, cell.text))
    )


def _cell_body(sheet: Sheet, cell: SheetCell) -> dict[str, Any]:
    has_problem = bool(find_problem(sheet.parsed_template, cell.row, cell.column, cell.text))
    is_confirmed = cell.confirmed_at is not None
    return {"id": cell.pk, "text": cell.text, "is_confirmed": is_confirmed, "has_problem": has_problem}
