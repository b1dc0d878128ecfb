"""The table of a sheet: its values, what a person says of a cell, and the pictures."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response

from ml.types import MAX_TEXT_CHARS
from predictions.api.parsers import JSONParser
from predictions.api.responses import PRIVATE
from predictions.api.schema import sheet_operations as operations
from predictions.api.sheets import requests
from predictions.api.sheets.bodies import CellBodies, table_body
from predictions.api.views import LimitedView, owner_of
from predictions.models import CellState, Sheet, SheetCell
from predictions.services.errors import Refused
from predictions.services.sheets.checking import (
    Action,
    Change,
    ChangeConflict,
    InvalidChange,
    accept_above,
    change_cell,
    undo,
)
from predictions.services.sheets.export import find_image, write_csv
from predictions.services.sheets.tables import load_table

ACTIONS = 'Send {"action": "accept"}, {"action": "type", "text": "7"} or {"action": "empty"}.'
CHANGED_MEANWHILE = "This cell holds another value by now. Look at it again."


class SheetTable(LimitedView):
    """`/api/v1/sheets/<id>/table/`"""

    @operations.GET_TABLE
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return the table with its cells and sums."""
        table = load_table(requests.get_sheet(request, id_))
        return Response(table_body(table), headers={"Cache-Control": "no-store"})


class SheetCsv(LimitedView):
    """`/api/v1/sheets/<id>/table.csv`"""

    @operations.GET_CSV
    def get(self, request: Request, id_: uuid.UUID) -> HttpResponse:
        """Return the values as CSV."""
        sheet = requests.get_sheet(request, id_)
        headers = {**PRIVATE, "Content-Disposition": content_disposition_header(True, f"{sheet.file_name}.csv") or ""}
        data = write_csv(load_table(sheet, with_alternatives=False))
        return HttpResponse(data, content_type="text/csv; charset=utf-8", headers=headers)


class CellView(LimitedView):
    """A view of a cell."""

    def get_cell(self, request: Request, id_: uuid.UUID, page: uuid.UUID, row: int, column: int) -> SheetCell:
        """Return a cell of the user's own sheet. Raises Http404."""
        sheet = requests.get_sheet(request, id_)
        cells = SheetCell.objects.select_related("page__sheet", "submission")
        return get_object_or_404(cells, page=page, page__sheet=sheet, row=row, column=column)


class SheetCellDetail(CellView):
    """`/api/v1/sheets/<id>/pages/<page>/cells/<row>/<column>/`"""

    parser_classes = [JSONParser]

    @operations.CHANGE_CELL
    def post(self, request: Request, id_: uuid.UUID, page: uuid.UUID, row: int, column: int) -> Response:
        """Accept or type the value of a cell, or say that it is empty."""
        cell = self.get_cell(request, id_, page, row, column)
        action, text, seen = _read_change(request)
        _check_has_value(cell)
        try:
            with translation.override("en"):  # whose sentences are for people, too
                change = change_cell(cell, owner_of(request), action, text, seen=seen)
        except InvalidChange as error:
            raise Refused("invalid", f"text: {error}") from None
        except ChangeConflict:
            raise Refused("conflict", CHANGED_MEANWHILE, 409) from None
        return _changed(cell.page.sheet, change)


class SheetCellImage(CellView):
    """`/api/v1/sheets/<id>/pages/<page>/cells/<row>/<column>/image/`"""

    @operations.GET_CELL_IMAGE
    def get(self, request: Request, id_: uuid.UUID, page: uuid.UUID, row: int, column: int) -> HttpResponse:
        """Return the picture of a cell."""
        image = find_image(self.get_cell(request, id_, page, row, column))
        if not image:
            raise Http404
        return HttpResponse(image, content_type="image/png", headers=PRIVATE)


class SheetAccept(LimitedView):
    """`/api/v1/sheets/<id>/accept/`"""

    parser_classes = [JSONParser]

    @operations.ACCEPT_ABOVE
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Accept all cells whose confidence is a threshold or more."""
        sheet = requests.get_sheet(request, id_)
        threshold = requests.read_object(request, "threshold").get("threshold")
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
            raise Refused("invalid", "threshold: Send a number from 0 to 1.")
        return _changed(sheet, accept_above(sheet, owner_of(request), float(threshold)))


class SheetUndo(LimitedView):
    """`/api/v1/sheets/<id>/undo/`"""

    @operations.UNDO
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Undo the user's newest change; 409 if there is none."""
        sheet = requests.get_sheet(request, id_)
        change = undo(sheet, owner_of(request))
        if change.key is None:
            raise Refused("nothing_to_undo", "There is no change of yours to undo.", 409)
        return _changed(sheet, change)


def _check_has_value(cell: SheetCell) -> None:
    """Raise Refused, 409, if a cell has no value that a person could confirm or correct, or none yet."""
    if cell.state == CellState.NOT_READ:
        raise Refused("not_read", "This cell is kept as a picture only.", 409)
    if cell.confidence is None and cell.page.sheet.settled_at is None:
        raise Refused("unfinished", "This cell is not read yet. Say what it holds once it is.", 409)


def _read_change(request: Request) -> tuple[Action, str, str | None]:
    """Return what a person says of a cell: the action, the text, and what they saw. Raises Refused."""
    body = requests.read_object(request, "action", "text", "seen")
    action, text, seen = body.get("action"), body.get("text", ""), body.get("seen")
    if not isinstance(action, str) or action not in tuple(Action) or not isinstance(text, str):
        raise Refused("invalid", ACTIONS)
    if bool(text.strip()) != (action == Action.TYPE):
        raise Refused("invalid", f"text: It goes with the action type, and only with that. {ACTIONS}")
    if not isinstance(seen, str | None) or len(seen or "") > MAX_TEXT_CHARS:
        raise Refused("invalid", "seen: Send the value that the person saw, as a text.")
    return Action(action), text, seen


def _changed(sheet: Sheet, change: Change) -> Response:
    """Return the cells of a change as they are now."""
    table = load_table(sheet)
    bodies, keys = CellBodies(table), {cell.pk for cell in (*change.cells, *change.followed)}
    cells = [bodies.make(cell) for cell in table.cells if cell.id in keys]
    return Response({"cells": cells}, headers={"Cache-Control": "no-store"})
