"""Every error in one shape: `{"error": {"code", "message"}}` for programs, a page for people. Never a traceback."""

import logging
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404
from rest_framework import exceptions, negotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from predictions.services.errors import MESSAGES, Refused, error_body

logger = logging.getLogger(__name__)


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


def api_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of an API view in our one shape (DRF's EXCEPTION_HANDLER)."""
    if isinstance(error, Refused):
        headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
        return Response(error_body(error.code, error.message), status=error.status, headers=headers)
    if isinstance(error, SuspiciousOperation):  # too many fields or files, a name that is none
        return Response(error_body("invalid", MESSAGES["invalid"]), status=400)
    if isinstance(error, Http404):
        return Response(error_body("not_found", MESSAGES["not_found"]), status=404)
    if isinstance(error, DatabaseError | InterfaceError):
        logger.error("database: %s", error)
        return Response(error_body("unavailable", MESSAGES["unavailable"]), status=503, headers={"Retry-After": "2"})
    if isinstance(error, OSError):  # the client stopped sending
        return Response(error_body("incomplete", MESSAGES["incomplete"]), status=408, headers={"Connection": "close"})
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        if type(error) in SENTENCES:
            response.data = error_body(error.default_code, SENTENCES[type(error)])
            return response
        detail = error.detail if isinstance(error.detail, str) else error.default_detail
        response.data = error_body(str(getattr(detail, "code", error.default_code)), str(detail))
    return response
