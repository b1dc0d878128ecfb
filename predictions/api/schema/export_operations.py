"""The operations that take drawings out: exports and the stream of lines."""

from functools import partial

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from predictions.api.exports.serializers import ExportListSerializer, ExportRequestSerializer, ExportSerializer
from predictions.api.request_serializers import FilterSerializer
from predictions.api.schema import examples
from predictions.api.schema.parameters import (
    EXPORT_LOCATION,
    RETRY_ACCEPTED,
    RETRY_ERROR,
    RETRY_UNFINISHED,
    json_request,
    operation,
    response_example,
    with_errors,
)
from predictions.models.exports import ENDINGS

_operation = partial(operation, "exports")


WRITTEN = response_example("written", examples.EXPORT)
QUEUED = response_example("queued", examples.EXPORT_QUEUED)
FILES = {type_.split(";")[0] for _, type_ in ENDINGS.values()}

LIST_EXPORTS = _operation(
    "list_exports",
    "List your exports",
    "Newest first, until they expire.",
    responses=with_errors(
        {
            200: OpenApiResponse(
                ExportListSerializer, "Your exports.", [response_example("exports", {"results": [examples.EXPORT]})]
            )
        }
    ),
)
REQUEST_EXPORT = _operation(
    "request_export",
    "Export drawings, or a sheet, as a file",
    "A worker writes the file; drawings that arrive later are not in it. It is deleted a day after it is written. "
    "Only one of your exports can be unfinished: a second request answers 409 `export_in_progress`.",
    parameters=[EXPORT_LOCATION, RETRY_ACCEPTED],
    request={
        "application/json": json_request(
            ExportRequestSerializer,
            filtered={"format": "csv", "filters": {"verdict": "unsure"}},
            chosen={"format": "png", "ids": [examples.EXPORT["id"]]},
            workbook={"format": "sheet", "sheet": examples.EXPORT["id"]},
        )
    },
    responses=with_errors(
        {202: OpenApiResponse(ExportSerializer, "Queued.", [QUEUED])}, *(400, 404, 408, 409, 411, 413, 415)
    ),
)
GET_EXPORT = _operation(
    "get_export",
    "Get an export",
    "Tells how far it is, and where its file is once that is written.",
    parameters=[RETRY_UNFINISHED, RETRY_ERROR],
    responses=with_errors({200: OpenApiResponse(ExportSerializer, "The export.", [WRITTEN, QUEUED])}, 404),
)
GET_EXPORT_FILE = _operation(
    "get_export_file",
    "Download the file of an export",
    "409 until it is written. A download that broke off can be continued: `Range` and `If-Range` are heeded.",
    responses=with_errors(
        {
            **{(200, type_): OpenApiTypes.BINARY for type_ in sorted(FILES)},
            (200, "application/json"): OpenApiTypes.OBJECT,
            **{(206, type_): OpenApiTypes.BINARY for type_ in sorted(FILES)},
            416: OpenApiResponse(None, "The file is shorter than that."),
        },
        *(404, 409),
    ),
)
DELETE_EXPORT = _operation(
    "delete_export",
    "Delete an export",
    "Its file is deleted at once. If it is unfinished, it is not finished.",
    responses=with_errors({204: OpenApiResponse(None, "Deleted.")}, 404),
)
STREAM_SUBMISSIONS = _operation(
    "stream_submissions",
    "Stream your submissions",
    "Newest first, one JSON object a line, each as in the list: all that match in one response, however many. "
    "New submissions are left out. A response without its end was cut off.",
    parameters=[FilterSerializer, RETRY_ERROR],
    responses=with_errors({(200, "application/x-ndjson"): OpenApiTypes.STR}, 400),
)
