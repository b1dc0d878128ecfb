"""Every error in one shape: `{"error": {"code", "message"}}` for programs, a page for people. Never a traceback."""

import logging
import sys
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions, negotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from predictions.web.drawings import Refused

logger = logging.getLogger(__name__)

MESSAGES = {
    "invalid": "This request cannot be understood.",
    "not_found": "There is nothing here.",
    "incomplete": "The body stopped coming before its end. Send it again.",
    "unavailable": "The service cannot answer right now. Try again in a few seconds.",
    "server_error": "Something went wrong on our side. Try again; if it happens again, tell us.",
}


SENTENCES: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "Log in, or send `Authorization: Token ...` with a token of yours.",
    exceptions.UnsupportedMediaType: (
        'Send application/json with "strokes", multipart/form-data with a field "image", '
        "or an image as the body with its own type, such as image/png."
    ),
    exceptions.ParseError: "This body cannot be read: it is not what its Content-Type says.",
}


class AlwaysJSON(negotiation.DefaultContentNegotiation):
    """The API speaks JSON whatever `Accept` says, so that an error is never hidden behind a 406."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def _body(code: str, message: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": message}}


def api_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of an API view in our one shape (DRF's EXCEPTION_HANDLER)."""
    if isinstance(error, Refused):
        headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
        return Response(_body(error.code, error.message), status=error.status, headers=headers)
    if isinstance(error, SuspiciousOperation):  # too many fields or files, a name that is none
        return Response(_body("invalid", MESSAGES["invalid"]), status=400)
    if isinstance(error, Http404):
        return Response(_body("not_found", MESSAGES["not_found"]), status=404)
    if isinstance(error, DatabaseError | InterfaceError):
        logger.error("database: %s", error)
        return Response(_body("unavailable", MESSAGES["unavailable"]), status=503, headers={"Retry-After": "2"})
    if isinstance(error, OSError):  # the client stopped sending
        return Response(_body("incomplete", MESSAGES["incomplete"]), status=408, headers={"Connection": "close"})
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        if type(error) in SENTENCES:
            response.data = _body(error.default_code, SENTENCES[type(error)])
            return response
        detail = error.detail if isinstance(error.detail, str) else error.default_detail
        response.data = _body(str(getattr(detail, "code", error.default_code)), str(detail))
    return response


def _error(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(_body(code, message), status=status)
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
