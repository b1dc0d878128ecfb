"""Each status code of each operation on sheets is produced, with the body and headers that the schema describes."""

import uuid

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from accounts.limits import requests as rate_limits
from accounts.models import ApiToken
from predictions.api.schema.sheet_examples import FORM
from predictions.models import Sheet, SheetCell, SheetPage, SheetTemplate
from predictions.models.sheets import MAX_PAGES
from tests.predictions.api.sheets.test_sheets import photograph
from tests.predictions.api.test_schema import OPERATIONS, check_response, is_of
from tests.sheets import PNG, make_sheet, make_template, make_unread_sheet

pytestmark = pytest.mark.django_db
TEMPLATES, SHEETS = "/api/v1/sheet-templates/", "/api/v1/sheets/"
CELL = "{sheet}pages/{page}/cells/0/1/"
ROUTES = {
    "list_sheet_templates": ("get", TEMPLATES),
    "create_sheet_template": ("post", TEMPLATES),
    "get_sheet_template": ("get", "{template}"),
    "revise_sheet_template": ("post", "{template}versions/"),
    "archive_sheet_template": ("post", "{template}archive/"),
    "restore_sheet_template": ("delete", "{template}archive/"),
    "get_sheet_template_pdf": ("get", "{template}pdf/"),
    "list_sheets": ("get", SHEETS),
    "send_sheet": ("post", SHEETS),
    "add_sheet_pages": ("post", "{sheet}pages/"),
    "get_sheet": ("get", "{sheet}"),
    "rename_sheet": ("patch", "{sheet}"),
    "delete_sheet": ("delete", "{sheet}"),
    "name_sheet_columns": ("post", "{sheet}columns/"),
    "remove_sheet_page": ("delete", "{sheet}pages/{page}/"),
    "get_sheet_picture": ("get", "{sheet}pages/{page}/picture/"),
    "get_sheet_table": ("get", "{sheet}table/"),
    "get_sheet_csv": ("get", "{sheet}table.csv"),
    "change_sheet_cell": ("post", CELL),
    "get_sheet_cell_image": ("get", f"{CELL}image/"),
    "accept_sheet_cells": ("post", "{sheet}accept/"),
    "undo_sheet_change": ("post", "{sheet}undo/"),
}
COLUMNS = {"title": "Stock", "columns": [{"name": "Shelf", "kind": "text"}, *({"name": name} for name in "ABC")]}
BODIES = {
    "create_sheet_template": FORM,
    "revise_sheet_template": FORM,
    "name_sheet_columns": COLUMNS,
    "rename_sheet": {"title": "Class 7b"},
    "change_sheet_cell": {"action": "accept"},
    "accept_sheet_cells": {"threshold": 0.5},
}
UPLOADS = ("send_sheet", "add_sheet_pages")


class Operation:
    """An operation on sheets, called in the ways that lead to each of its status codes."""

    routes = ROUTES

    def __init__(self, name, api, alice, settings, monkeypatch):
        self.name, self.api, self.alice, self.settings, self.monkeypatch = name, api, alice, settings, monkeypatch
        self.method, self.path = self.routes[name]

    def find_path(self, row=None):
        """Return the path on a sheet or a template, else on one that does not exist."""
        page = SheetPage.objects.filter(sheet=row.pk).first() if isinstance(row, Sheet) else None
        key = row.pk if row else uuid.uuid4()
        page_key = page.pk if page else uuid.uuid4()
        return self.path.format(sheet=f"{SHEETS}{key}/", template=f"{TEMPLATES}{key}/", page=page_key)

    def call(self, row=None, *, body=None, client=None, **headers):
        send = getattr(client or self.api, self.method)
        if self.name in UPLOADS:
            return send(self.find_path(row), body or {"file": photograph()}, format="multipart", **headers)
        return send(self.find_path(row), BODIES.get(self.name) if body is None else body, format="json", **headers)

    def raw(self, row=None, data=b"{}", content_type="application/json", **headers):
        return self.api.generic(self.method.upper(), self.find_path(row), data, content_type=content_type, **headers)

    def make_row(self):
        """Return what the operation succeeds on."""
        if "{template}" in self.path:
            return make_template(self.alice)
        if self.name == "name_sheet_columns":
            sheet = make_unread_sheet(self.alice)
            Sheet.objects.update(template=None)
            SheetPage.objects.update(table={})
            SheetCell.objects.update(state="not_read", submission=None, image=PNG)
            return sheet
        sheet = make_sheet(self.alice)
        if self.name == "undo_sheet_change":
            self.api.post(f"{SHEETS}{sheet.pk}/accept/", {"threshold": 0}, format="json")
        return sheet

    def produce_200(self):
        return self.call(self.make_row())

    def produce_201(self):
        if self.name != "send_sheet":
            return self.call(self.make_row())
        first = self.call(HTTP_IDEMPOTENCY_KEY="k")
        Sheet.objects.filter(pk=first.data["id"]).update(settled_at="2026-01-01T00:00:00Z")
        return self.call(HTTP_IDEMPOTENCY_KEY="k", HTTP_PREFER="wait=1")

    def produce_202(self):
        return self.call(self.make_row())

    def produce_204(self):
        return self.call(self.make_row())

    def produce_400(self):
        if self.name == "list_sheets":
            return self.api.get(self.path, {"limit": "many"})
        if self.name == "list_sheet_templates":
            return self.api.get(self.path, {"archived": "yes"})
        if self.name == "get_sheet":
            return self.api.get(f"{self.find_path(self.make_row())}?wait=long")
        if "template" in self.name:
            return self.raw(self.make_row(), b"{")
        return self.call(self.make_row(), body={"colour": "red"})

    def produce_401(self):
        return self.call(client=APIClient())

    def produce_403(self):
        ApiToken.objects.update(scopes="")
        return self.call()

    def produce_404(self):
        if self.name == "send_sheet":
            return self.call(body={"file": photograph(), "template": str(uuid.uuid4())})
        return self.call()

    def produce_408(self):
        row = self.make_row()

        def stop(*_):
            raise OSError("the client went away")

        self.monkeypatch.setattr("django.core.handlers.wsgi.LimitedStream.read", stop)
        self.monkeypatch.setattr("django.core.handlers.wsgi.LimitedStream.readline", stop)
        boundary = "multipart/form-data; boundary=b"
        return self.raw(row, content_type=boundary if self.name in UPLOADS else "application/json")

    def produce_409(self):
        row = make_sheet(self.alice) if self.name == "name_sheet_columns" else self.make_row()
        if self.name == "get_sheet_template_pdf":
            SheetTemplate.objects.update(kind="ruled")
        if self.name == "get_sheet_picture":
            row = make_unread_sheet(self.alice)
            row.pages.get().file.delete()
        if self.name == "add_sheet_pages":
            pages = [SheetPage(sheet=row, owner=self.alice, number=number) for number in range(2, MAX_PAGES + 1)]
            SheetPage.objects.bulk_create(pages)
        if self.name == "change_sheet_cell":
            return self.call(row, body={"action": "type", "text": "9", "seen": "8"})
        if self.name == "undo_sheet_change":
            self.call(row)
        return self.call(row)

    def produce_410(self):
        path = self.call(HTTP_IDEMPOTENCY_KEY="k")["Location"]
        self.api.delete(path)
        return self.call(HTTP_IDEMPOTENCY_KEY="k")

    def produce_411(self):
        return self.raw(HTTP_TRANSFER_ENCODING="chunked")

    def produce_413(self):
        return self.raw(CONTENT_LENGTH=str(10**9))

    def produce_415(self):
        return self.raw(self.make_row(), b"<sheet/>", "text/xml")

    def produce_422(self):
        if self.name == "send_sheet":
            self.call(HTTP_IDEMPOTENCY_KEY="k")
            return self.call(body={"file": photograph(shade=7)}, HTTP_IDEMPOTENCY_KEY="k")
        return self.call(self.make_row(), body={"title": "", "columns": []})

    def produce_429(self):
        self.settings.RATE_LIMIT_PER_S = 1
        while (response := self.call()).status_code != 429:
            pass
        return response

    def produce_503(self):
        def gone(_):
            raise OperationalError("the server closed the connection")

        self.monkeypatch.setattr(rate_limits, "count_request", gone)
        return self.call()


def test_every_operation_on_sheets_has_a_route_here():
    assert set(ROUTES) == {name for name in OPERATIONS if is_of(name, "sheets")}


def _responses():
    return [(name, int(status)) for name in ROUTES for status in OPERATIONS[name]["responses"]]


@pytest.mark.long  # some 160 requests, most with a sheet of their own
@pytest.mark.parametrize(("name", "status"), _responses())
def test_each_status_code_is_produced_as_documented(name, status, api, alice, settings, monkeypatch):
    rate_limits._windows.clear()
    response = getattr(Operation(name, api, alice, settings, monkeypatch), f"produce_{status}")()
    monkeypatch.undo()
    check_response(name, status, response)
