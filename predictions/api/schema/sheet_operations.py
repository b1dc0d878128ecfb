"""The operations on sheets: templates, pages, the table and its cells."""

from functools import partial
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from predictions.api.schema import sheet_examples as examples
from predictions.api.schema.parameters import (
    BATCH_REPLAYED,
    IDEMPOTENCY_KEY,
    PREFER,
    RETRY_ACCEPTED,
    RETRY_ERROR,
    RETRY_UNFINISHED,
    WAIT,
    json_request,
    location,
    operation,
    response_example,
    with_errors,
)
from predictions.api.sheets import request_serializers as requests
from predictions.api.sheets import serializers
from predictions.api.sheets.forms import FORM
from predictions.api.sheets.listing import SheetQuerySerializer

MEGABYTES = settings.BATCH_LIMIT_BYTES // 10**6
JSON_ERRORS = (400, 408, 411, 413, 415)


_operation = partial(operation, "sheets")


def _answer(serializer: Any, description: str, **named: Any) -> OpenApiResponse:
    return OpenApiResponse(serializer, description, [response_example(name, value) for name, value in named.items()])


TEMPLATE = _answer(serializers.SheetTemplateSerializer, "The template.", template=examples.TEMPLATE)
FORM_REQUEST = {"application/json": json_request(FORM, marks=examples.FORM)}
SHEET = _answer(serializers.SheetSerializer, "The sheet.", read=examples.SHEET, reading=examples.READING)
TABLE = _answer(serializers.SheetTableSerializer, "The table.", table=examples.TABLE)
CHANGED = _answer(serializers.ChangedSerializer, "The cells that changed.", changed={"cells": [examples.CELL]})
QUEUED = _answer(serializers.SheetSerializer, "Queued.", reading=examples.READING)
DELETED = OpenApiResponse(None, "Deleted.")

ARCHIVED = OpenApiParameter(
    "archived", {"type": "string", "enum": ["true", "false"]}, description="`true`: those that are archived."
)

LIST_TEMPLATES = _operation(
    "list_sheet_templates",
    "List your templates",
    "The newest version of each, without those that are archived, or those alone.",
    parameters=[ARCHIVED, RETRY_ERROR],
    responses=with_errors(
        {
            200: _answer(
                serializers.SheetTemplateListSerializer, "Your templates.", templates={"results": [examples.TEMPLATE]}
            )
        },
        400,
    ),
)
CREATE_TEMPLATE = _operation(
    "create_sheet_template",
    "Make a template",
    "Its PDF has marks in the corners and a code that names the template and the page. A form that contradicts itself, "
    "such as with two columns of one name, answers 422.",
    parameters=[RETRY_ERROR, location("The path of the template.", 201)],
    request=FORM_REQUEST,
    responses=with_errors({201: TEMPLATE}, *JSON_ERRORS, 422),
)
GET_TEMPLATE = _operation(
    "get_sheet_template",
    "Get a version of a template",
    "Any version, archived or not.",
    responses=with_errors({200: TEMPLATE}, 404),
)
REVISE_TEMPLATE = _operation(
    "revise_sheet_template",
    "Make a new version of a template",
    "The whole form. Pages of earlier versions that are printed can still be read.",
    parameters=[RETRY_ERROR, location("The path of the new version.", 201)],
    request=FORM_REQUEST,
    responses=with_errors({201: TEMPLATE}, *JSON_ERRORS, 404, 422),
)
ARCHIVE_TEMPLATE = _operation(
    "archive_sheet_template",
    "Archive a template",
    "It is not listed any more. Its printed pages can still be read.",
    request=None,
    responses=with_errors({204: OpenApiResponse(None, "Archived.")}, 404),
)
RESTORE_TEMPLATE = _operation(
    "restore_sheet_template",
    "Take a template out of the archive",
    "It is listed again.",
    request=None,
    responses=with_errors({204: OpenApiResponse(None, "Restored.")}, 404),
)
GET_TEMPLATE_PDF = _operation(
    "get_sheet_template_pdf",
    "Get the PDF of a template",
    "To print at 100%. 409 for an own table.",
    responses=with_errors({(200, "application/pdf"): OpenApiTypes.BINARY}, 404, 409),
)
LIST_SHEETS = _operation(
    "list_sheets",
    "List your sheets",
    "Newest first. Follow `next` until it is null.",
    parameters=[SheetQuerySerializer, RETRY_ERROR],
    responses=with_errors(
        {200: _answer(serializers.SheetListSerializer, "Sheets.", sheets={"results": [examples.LISTED], "next": None})},
        400,
    ),
)
SEND_SHEET = _operation(
    "send_sheet",
    "Send photographs as a sheet",
    f"Photographs of its pages in any order, or a PDF: at most 20 pages, {MEGABYTES} MB in a request. The code on each "
    "page tells its template. They are stored before the response is sent.",
    parameters=[
        *(WAIT, PREFER, IDEMPOTENCY_KEY, RETRY_ACCEPTED, BATCH_REPLAYED),
        location("The path of the sheet.", 201, 202),
    ],
    request={"multipart/form-data": requests.SheetFormSerializer},
    responses=with_errors(
        {
            201: _answer(serializers.SheetSerializer, "Read.", read=examples.SHEET),
            202: QUEUED,
        },
        *JSON_ERRORS,
        404,
        410,
        422,
    ),
)
ADD_PAGES = _operation(
    "add_sheet_pages",
    "Add pages to a sheet",
    "As when it was sent: a sheet has at most 20 pages, further ones are 409.",
    parameters=[RETRY_ACCEPTED],
    request={"multipart/form-data": requests.FilesSerializer},
    responses=with_errors({202: QUEUED}, *JSON_ERRORS, 404, 409),
)
GET_SHEET = _operation(
    "get_sheet",
    "Get a sheet",
    "Its pages with what is wrong with each photograph, and how many cells are read. With `wait`, responds as soon as "
    "all are read, or when the time is up.",
    parameters=[WAIT, PREFER, RETRY_UNFINISHED, RETRY_ERROR],
    responses=with_errors({200: SHEET}, 400, 404),
)
RENAME_SHEET = _operation(
    "rename_sheet",
    "Rename a sheet",
    "Its files and lists have the new title.",
    parameters=[RETRY_UNFINISHED, RETRY_ERROR],
    request={"application/json": json_request(requests.SheetTitleSerializer, title={"title": "Class 7b"})},
    responses=with_errors({200: SHEET}, *JSON_ERRORS, 404),
)
DELETE_SHEET = _operation(
    "delete_sheet",
    "Delete a sheet",
    "With its pages, pictures and cells. It disappears at once.",
    responses=with_errors({204: DELETED}, 404),
)
NAME_COLUMNS = _operation(
    "name_sheet_columns",
    "Name the columns of an own table",
    "Its cells are read then. The columns are kept as a template, by which further photographs of the same form are "
    "known. 409 if the sheet waits for no columns.",
    parameters=[RETRY_ERROR, location("The path of the template.", 201)],
    request={"application/json": json_request(requests.ColumnsSerializer, columns=examples.COLUMNS)},
    responses=with_errors({201: TEMPLATE}, *JSON_ERRORS, 404, 409, 422),
)
REMOVE_PAGE = _operation(
    "remove_sheet_page",
    "Remove a page of a sheet",
    "With its picture and cells, such as to send a better photograph.",
    responses=with_errors({204: DELETED}, 404),
)
GET_PAGE_PICTURE = _operation(
    "get_sheet_picture",
    "Get the picture of a page",
    "The page upright and straight, as if it had been scanned. 409 until there is one.",
    responses=with_errors({(200, "image/jpeg"): OpenApiTypes.BINARY}, 404, 409),
)
GET_TABLE = _operation(
    "get_sheet_table",
    "Get the table of a sheet",
    "The values row by row; each cell with its confidence, how it came about and who confirmed it; and each total "
    "beside what its parts add up to.",
    responses=with_errors({200: TABLE}, 404),
)
GET_CSV = _operation(
    "get_sheet_csv",
    "Get the values of a sheet as CSV",
    "A line of names, then one for each row. What a spreadsheet would take for a formula has an apostrophe before it. "
    "For a workbook with pictures, request an export of the format `sheet`.",
    responses=with_errors({(200, "text/csv"): OpenApiTypes.STR}, 404),
)
CHANGE_CELL = _operation(
    "change_sheet_cell",
    "Say what is in a cell",
    "Accept its value, type another, or say that it is empty. It counts as your review of the cell.",
    request={
        "application/json": json_request(
            requests.CellChangeSerializer, accept={"action": "accept"}, type={"action": "type", "text": "27"}
        )
    },
    responses=with_errors({200: CHANGED}, *JSON_ERRORS, 404, 409),
)
GET_CELL_IMAGE = _operation(
    "get_sheet_cell_image",
    "Get the picture of a cell",
    "As it was cut from the page.",
    responses=with_errors({(200, "image/png"): OpenApiTypes.BINARY}, 404),
)
ACCEPT_ABOVE = _operation(
    "accept_sheet_cells",
    "Accept the cells that are sure enough",
    "All that nobody confirmed and whose confidence is `threshold` or more.",
    request={"application/json": json_request(requests.ThresholdSerializer, sure={"threshold": 0.98})},
    responses=with_errors({200: CHANGED}, *JSON_ERRORS, 404),
)
UNDO = _operation(
    "undo_sheet_change",
    "Undo your newest change of a sheet",
    "Cells that were accepted together are undone together. 409 if there is nothing to undo.",
    request=None,
    responses=with_errors({200: CHANGED}, 404, 409),
)
