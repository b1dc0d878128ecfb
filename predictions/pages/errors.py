"""Error pages for people; programs get the same as JSON. Never a traceback."""

import sys
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render

from predictions.services.errors import MESSAGES, error_body


def _error(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(error_body(code, message), status=status)
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return _error(request, 400, "invalid", MESSAGES["invalid"])


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return _error(request, 403, "forbidden", "This is not yours to see or do.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404, for a page that is missing and for one that is a stranger's alike."""
    return _error(request, 404, "not_found", MESSAGES["not_found"])


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 if it was the database, without touching the database."""
    if isinstance(sys.exc_info()[1], DatabaseError | InterfaceError):
        answer = _error(request, 503, "unavailable", MESSAGES["unavailable"])
        answer["Retry-After"] = "2"
        return answer
    return _error(request, 500, "server_error", MESSAGES["server_error"])


def not_allowed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Say in words that a page does not take what was asked of it."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or request.path.startswith("/api/"):
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page

    return answer
