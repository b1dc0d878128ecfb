"""Exports: choose a format for drawings of the history, follow, download and delete the files."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.cursors import InvalidCursor, read_cursor
from accounts.post_only import NOT_DONE, post_only, with_form
from predictions.models import Export, ExportFormat, Status, SubmissionQuerySet
from predictions.models.exports import OF_DRAWINGS
from predictions.pages.access import own_submissions, user_of
from predictions.pages.errors import refusal_message
from predictions.pages.history.filters import HistoryFilter
from predictions.services.errors import Refused
from predictions.services.exports.downloads import download
from predictions.services.exports.labels import problem_of
from predictions.services.exports.requests import delete_export, request_everything, request_export

CURSORS = "history"  # of the history's form, which tells the newest drawing that it showed
PLACES = ("before", "deleted")  # what the history's address has besides filters


@dataclass(frozen=True)
class Choice:
    """Which drawings to export: those with these ids, or else those that match the address.

    newest: what the form says of the newest drawing that its page showed, or "".
    is_valid: whether the filters are; if not, nothing matches.
    """

    rows: SubmissionQuerySet
    ids: tuple[uuid.UUID, ...] = ()
    newest: str = ""
    is_filtered: bool = False
    is_valid: bool = True


def _show(request: HttpRequest) -> HttpResponse:
    """Show the page. Two queries."""
    choice = _read_choice(request)
    rows = list(Export.objects.of(user_of(request)))
    context = {
        "choice": choice,
        "count": choice.rows.count(),
        "formats": OF_DRAWINGS,
        "exports": [{"export": row, "problem": problem_of(row)} for row in rows],
        "is_any_unfinished": any(row.is_unfinished for row in rows),
        "query": _filters_of(request).urlencode(),
    }
    return render(request, "predictions/exports.html", context)


@post_only("exports")
def _request(request: HttpRequest) -> HttpResponse:
    """Queue an export; without a format, as the history's form sends it, show the page with what is chosen."""
    kind, user = request.POST.get("format", ""), user_of(request)
    if kind not in (*OF_DRAWINGS, ExportFormat.EVERYTHING):
        return _show(request)
    try:
        if kind == ExportFormat.EVERYTHING:
            request_everything(user)
        else:
            request_export(user, ExportFormat(kind), _read_choice(request).rows)
    except Refused as refusal:
        messages.error(request, refusal_message(refusal))
    return redirect("exports")


@with_form(_request)
def exports(request: HttpRequest) -> HttpResponse:
    """Show the user's exports and a form for a new one, of what the history's address or its form chooses."""
    return _show(request)


@post_only("exports")
def delete(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Delete an export and its file."""
    delete_export(_own(request, id_), by=user_of(request))
    messages.success(request, _("The export was deleted."))
    return redirect("exports")


@require_safe
@login_required
def file(request: HttpRequest, id_: uuid.UUID) -> HttpResponseBase:
    """Return the file of an export or a range of it, a chunk at a time; not found until it is written."""
    export = _own(request, id_)
    if export.status != Status.SUCCEEDED:
        raise Http404
    status, headers, content = download(export, request.headers.get("Range", ""), request.headers.get("If-Range", ""))
    if request.method == "GET":
        audit.record(user_of(request), "export.downloaded", export.format, export=str(export.pk))
    return StreamingHttpResponse(content, status=status, headers=headers)


def _own(request: HttpRequest, id_: uuid.UUID) -> Export:
    return get_object_or_404(Export.objects.of(user_of(request)), pk=id_)


def _filters_of(request: HttpRequest) -> Any:
    """Return the address' parameters that are filters."""
    parameters = request.GET.copy()
    for name in (*PLACES, NOT_DONE):
        parameters.pop(name, None)
    return parameters


def _read_choice(request: HttpRequest) -> Choice:
    """Return what is chosen: `id`s of a form, or what matches the address, up to `newest` if a form tells that."""
    mine = own_submissions(request).current()
    named = [] if request.POST.get("all") else request.POST.getlist("id")
    if named:  # also if none of them is an id: then nothing is chosen, not everything
        ids = tuple(filter(None, map(_as_uuid, named)))
        return Choice(mine.filter(id__in=ids), ids, is_filtered=True)
    filters = HistoryFilter(_filters_of(request))
    rows, newest = filters.apply(mine), request.POST.get("newest", "")
    if newest:
        try:
            rows = rows.filter(key__lte=read_cursor(user_of(request), newest, CURSORS))
        except InvalidCursor:
            newest = ""
    return Choice(rows, newest=newest, is_filtered=filters.has_filters, is_valid=filters.is_valid())


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
