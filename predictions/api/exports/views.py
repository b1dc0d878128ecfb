"""Request an export, follow it, download its file and delete it."""

import uuid
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import translation
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from predictions.api import listing
from predictions.api.exports.serializers import ExportRequestSerializer
from predictions.api.parsers import JSONParser
from predictions.api.responses import cache_headers
from predictions.api.schema import export_operations as operations
from predictions.api.views import LimitedView, owner_of
from predictions.models import Export, ExportFormat, Sheet, Status, Submission, SubmissionQuerySet
from predictions.services.errors import Refused
from predictions.services.exports.downloads import download
from predictions.services.exports.labels import problem_of
from predictions.services.exports.requests import delete_export, request_everything, request_export, request_sheet


class Exports(LimitedView):
    """`/api/v1/exports/`"""

    parser_classes = [JSONParser]

    @operations.LIST_EXPORTS
    def get(self, request: Request) -> Response:
        """List the user's exports, newest first."""
        found = [export_body(row) for row in Export.objects.of(owner_of(request))]
        return Response({"results": found}, headers={"Cache-Control": "no-store"})

    @operations.REQUEST_EXPORT
    def post(self, request: Request) -> Response:
        """Queue an export: 202."""
        owner, asked = owner_of(request), listing.read_body(request, ExportRequestSerializer)
        if asked["format"] == ExportFormat.EVERYTHING:
            export = request_everything(owner)
        elif asked["format"] == ExportFormat.SHEET:
            sheet = get_object_or_404(Sheet, pk=asked["sheet"], owner=owner, deleted_at=None)
            export = request_sheet(owner, sheet)
        else:
            export = request_export(owner, asked["format"], _choose(request, asked))
        body = export_body(export)
        return Response(body, status=202, headers={"Location": body["url"], **cache_headers(export)})


class ExportDetail(LimitedView):
    """`/api/v1/exports/<id>/`"""

    @operations.GET_EXPORT
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return an export."""
        export = _own(request, id_)
        return Response(export_body(export), headers={**cache_headers(export), "Cache-Control": "no-store"})

    @operations.DELETE_EXPORT
    def delete(self, request: Request, id_: uuid.UUID) -> Response:
        """Delete an export and its file, whatever its status."""
        delete_export(_own(request, id_), by=owner_of(request))
        return Response(status=204)


class ExportFile(LimitedView):
    """`/api/v1/exports/<id>/file`"""

    @operations.GET_EXPORT_FILE
    def get(self, request: Request, id_: uuid.UUID) -> HttpResponseBase:
        """Return the file or a range of it, a chunk at a time; 409 until it is written."""
        export = _own(request, id_)
        if export.status != Status.SUCCEEDED:
            raise Refused("not_written", "This file is not written yet, or could not be written.", 409)
        status, headers, content = download(
            export, request.headers.get("Range", ""), request.headers.get("If-Range", "")
        )
        audit.record(owner_of(request), "export.downloaded", export.format, export=str(export.pk))
        return StreamingHttpResponse(content, status=status, headers=headers)


def export_body(export: Export) -> dict[str, Any]:
    """Return an export as JSON."""
    is_written = export.status == Status.SUCCEEDED
    with translation.override("en"):
        problem = export.error_code and {"code": export.error_code, "message": str(problem_of(export))}
    return {
        "id": str(export.pk),
        "url": reverse("api-export", args=[export.pk]),
        "file": reverse("api-export-file", args=[export.pk]) if is_written else None,
        **{name: getattr(export, name) for name in ("format", "status", "total", "done", "bytes", "created_at")},
        "sheet": export.sheet_id and str(export.sheet_id),
        "finished_at": export.finished_at,
        "expires_at": export.expires_at,
        "error": problem or None,
    }


def _own(request: Request, id_: uuid.UUID) -> Export:
    return get_object_or_404(Export.objects.of(owner_of(request)), pk=id_)


def _choose(request: Request, asked: dict[str, Any]) -> SubmissionQuerySet:
    rows = listing.matching(Submission.objects.of(owner_of(request)), asked.get("filters", {}))
    return rows.filter(id__in=asked["ids"]) if "ids" in asked else rows
