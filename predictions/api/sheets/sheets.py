"""Send photographs as a sheet, follow it, list, rename and delete sheets, and name the columns of an own table."""

import uuid

from django.conf import settings
from django.db import transaction
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from ml.sheets.template import InvalidTemplate
from predictions.api import request_parsing
from predictions.api.parsers import JSONParser
from predictions.api.responses import RETRY_AFTER_S
from predictions.api.schema import sheet_operations as operations
from predictions.api.sheets import requests
from predictions.api.sheets.bodies import sheet_body
from predictions.api.sheets.listing import list_page
from predictions.api.sheets.templates import respond_created
from predictions.api.views import LimitedView, owner_of
from predictions.models import IdempotencyKey, Sheet
from predictions.services import long_poll
from predictions.services.errors import Refused
from predictions.services.sheets.naming import name_columns
from predictions.services.sheets.overview import sheets_of
from predictions.services.sheets.taking import add_pages, create_sheet, delete_sheet, rename_sheet
from predictions.services.submit import GONE, take_key


class FilesView(LimitedView):
    """A view that accepts photographs and PDFs as a form."""

    parser_classes = [MultiPartParser]
    body_help = requests.SEND_FILES

    @property
    def body_limit_bytes(self) -> int:
        return settings.BATCH_LIMIT_BYTES


class Sheets(FilesView):
    """`/api/v1/sheets/`"""

    @operations.LIST_SHEETS
    def get(self, request: Request) -> Response:
        """List the user's sheets, newest first."""
        return Response(list_page(request, owner_of(request)), headers={"Cache-Control": "no-store"})

    @operations.SEND_SHEET
    def post(self, request: Request) -> Response:
        """Store photographs as a sheet: 202, or 201 and its cells' counts if the client waited until it was read."""
        wait_s, key = request_parsing.wait_s(request), request_parsing.idempotency_key(request)
        with requests.refusing_files():
            sheet, is_replayed = _create(request, key)
        if wait_s is not None:
            sheet = long_poll.wait_for_known(sheet, wait_s)
        body = sheet_body(sheet)
        headers = {"Location": body["url"], **_headers(sheet)}
        headers |= {"Idempotent-Replayed": "true"} if is_replayed else {}
        headers |= {"Preference-Applied": f"wait={wait_s}"} if wait_s is not None else {}
        return Response(body, status=201 if sheet.settled_at else 202, headers=headers)


class SheetDetail(LimitedView):
    """`/api/v1/sheets/<id>/`"""

    parser_classes = [JSONParser]

    @operations.GET_SHEET
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return a sheet, after `?wait=N` seconds at most."""
        wait_s = request_parsing.wait_s(request)
        sheet = requests.get_sheet(request, id_)
        if wait_s and not sheet.settled_at:
            sheet = long_poll.wait_for_known(sheet, wait_s)
        return Response(sheet_body(sheet), headers=_headers(sheet))

    @operations.RENAME_SHEET
    def patch(self, request: Request, id_: uuid.UUID) -> Response:
        """Give a sheet another title."""
        sheet = requests.get_sheet(request, id_)
        body = requests.read_object(request, "title")
        if "title" in body:
            rename_sheet(sheet, requests.check_title(body["title"]))
        return Response(sheet_body(sheet), headers=_headers(sheet))

    @operations.DELETE_SHEET
    def delete(self, request: Request, id_: uuid.UUID) -> Response:
        """Delete a sheet with all its pages and cells."""
        delete_sheet(requests.get_sheet(request, id_))
        return Response(status=204)


class SheetPages(FilesView):
    """`/api/v1/sheets/<id>/pages/`"""

    @operations.ADD_PAGES
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Add photographs to a sheet: 202."""
        sheet = requests.get_sheet(request, id_)
        files = requests.read_files(request)
        with requests.refusing_files():
            add_pages(sheet, files)
        sheet.refresh_from_db()
        return Response(sheet_body(sheet), status=202, headers=_headers(sheet))


class SheetColumns(LimitedView):
    """`/api/v1/sheets/<id>/columns/`"""

    parser_classes = [JSONParser]

    @operations.NAME_COLUMNS
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Name the columns of an own table: 201 with the template by which such tables are known again."""
        sheet = requests.get_sheet(request, id_)
        form = requests.read_object(request, "title", "columns", "sums")
        try:
            template = name_columns(sheet, form)
        except InvalidTemplate as error:
            raise requests.invalid_template(error) from None
        return respond_created(template)


def _create(request: Request, key: str | None) -> tuple[Sheet, bool]:
    """Return the sheet of a request, and whether an earlier request with its key stored it. Raises Refused."""
    files = requests.read_files(request, "template", "title")
    template, title = requests.read_template(request), requests.read_title(request)
    owner = owner_of(request)
    if key is None:
        return create_sheet(owner, files, template, title), False
    with transaction.atomic():
        row, is_new = take_key(owner, key, requests.digest(files, template, title))
        if is_new:
            sheet = create_sheet(owner, files, template, title)
            IdempotencyKey.objects.filter(pk=row.pk).update(sheet=sheet.pk)
            return sheet, False
    found = sheets_of(owner).filter(pk=row.sheet).first() if row.sheet else None
    if found is None:
        raise Refused("gone", GONE, 410)
    return found, True


def _headers(sheet: Sheet) -> dict[str, str]:
    return {"Cache-Control": "no-store"} | ({} if sheet.settled_at else {"Retry-After": str(RETRY_AFTER_S)})
