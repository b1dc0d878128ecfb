"""Reading many drawings again: requesting it, and the page that shows what changed."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.post_only import post_only
from predictions import metrics
from predictions.models import ReadAgainRequest, WorkLane
from predictions.pages.access import user_of
from predictions.pages.errors import refusal_message
from predictions.pages.history.selection import InvalidSelection, read_selection, selection_again, to_history
from predictions.services.errors import Refused
from predictions.services.selection import reading_again
from predictions.services.selection.changes import find_changes, find_request

PAGE_SIZE = 48


@post_only("history")
def read_selected_again(request: HttpRequest) -> HttpResponse:
    """Request new readings of what is selected, as many as there is room for."""
    try:
        asked = reading_again.request(user_of(request), read_selection(request))
    except (InvalidSelection, Refused) as error:
        messages.error(request, _sentence(error))
        return to_history(request)
    return redirect("read-again-request", asked.pk)


@post_only("read-again-request", "id_")
def read_more_again(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Request new readings of what an earlier request left."""
    asked = _find(request, id_)
    if asked.rest is None:
        return redirect("read-again-request", id_)
    try:
        selection = selection_again(request, asked.rest)
        asked = reading_again.request(user_of(request), selection, before=asked.rest["before"])
    except Refused as refusal:
        messages.error(request, refusal_message(refusal))
    return redirect("read-again-request", asked.pk)


@require_safe
@login_required
def newest_request(request: HttpRequest) -> HttpResponse:
    """Lead to the newest request of the user."""
    asked = find_request(user_of(request))
    if asked is None:
        return render(request, "predictions/read_again.html", {"asked": None})
    return redirect("read-again-request", asked.pk)


@require_safe
@login_required
def show_request(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show how far a request is, and each drawing that is read otherwise now. Two queries, three while it waits."""
    asked = _find(request, id_)
    changes = find_changes(asked)
    context: dict[str, Any] = {
        "asked": asked,
        "changes": changes,
        "page": Paginator(changes.changed, PAGE_SIZE).get_page(request.GET.get("page")),
        "is_paused": bool(changes.waiting) and metrics.is_paused(WorkLane.JOBS),
    }
    return render(request, "predictions/read_again.html", context)


def _find(request: HttpRequest, id_: uuid.UUID) -> ReadAgainRequest:
    asked = find_request(user_of(request), id_)
    if asked is None:
        raise Http404
    return asked


def _sentence(error: InvalidSelection | Refused) -> str:
    return refusal_message(error) if isinstance(error, Refused) else str(error)
