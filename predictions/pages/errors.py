"""Error pages and messages for people; requests to `/api/` get the same as JSON."""

import sys
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from predictions.services.errors import MESSAGES, Refused, error_body


def refusal_message(refusal: Refused) -> str:
    """Return the translated sentence for a refusal, whose own message is English, for programs."""
    messages = {
        "queue_full": _("Too many drawings are waiting. Try again in a moment."),
        "too_many_in_flight": _("Too many of your drawings are waiting. Try again when some of them are done."),
        "export_in_progress": _("Another file is still being written. Wait until it is finished, or delete it."),
        "nothing_to_export": _("No drawings match, so there is nothing to export."),
        "no_cells": _("No cells of this sheet were found yet, so there is nothing to export."),
        "too_much_kept": _("Your storage is full. Delete some drawings, then try again."),
    }
    return messages.get(refusal.code, _("This isn't possible right now. Try again in a moment."))


def _error(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(error_body(code, message), status=status)
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 400 response."""
    return _error(request, 400, "invalid", MESSAGES["invalid"])


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 403 response."""
    return _error(request, 403, "forbidden", "You don't have permission to do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 404 response, the same for a missing page and for another user's."""
    return _error(request, 404, "not_found", MESSAGES["not_found"])


def server_error(request: HttpRequest) -> HttpResponse:
    """Return a 500 response, or 503 if the database failed, without querying the database."""
    if isinstance(sys.exc_info()[1], DatabaseError | InterfaceError):
        response = _error(request, 503, "unavailable", MESSAGES["unavailable"])
        response["Retry-After"] = "2"
        return response
    return _error(request, 500, "server_error", MESSAGES["server_error"])


def not_allowed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that renders Django's empty 405 responses as an error page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or request.path.startswith("/api/"):
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page

    return middleware
