"""Turn every exception of an API view into `{"error": {"code", "message"}}`."""

import logging
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404
from django.http.request import UnreadablePostError
from rest_framework import exceptions, negotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from predictions.services.errors import MESSAGES, Refused, error_body

logger = logging.getLogger(__name__)

DRF_MESSAGES: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "Log in, or send `Authorization: Token ...` with one of your tokens.",
    exceptions.ParseError: "This body cannot be parsed. Check that it matches its Content-Type.",
}
SEND_JSON = "Send JSON, with the Content-Type application/json."


class AlwaysJSON(negotiation.DefaultContentNegotiation):
    """Answer in JSON whatever `Accept` says, so that no error is hidden behind a 406."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an exception (DRF's EXCEPTION_HANDLER), or None to let Django log it and answer 500."""
    if isinstance(error, Refused):
        headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
        return Response(error_body(error.code, error.message), status=error.status, headers=headers)
    if isinstance(error, SuspiciousOperation):  # too many fields or files, or a forbidden file name
        return _respond(400, "invalid")
    if isinstance(error, Http404):
        return _respond(404, "not_found")
    if isinstance(error, DatabaseError | InterfaceError):
        logger.error("database: %s", error)
        return _respond(503, "unavailable", {"Retry-After": "2"})
    if isinstance(error, UnreadablePostError):  # the client stopped sending; any other OSError is a fault of ours
        return _respond(408, "incomplete", {"Connection": "close"})
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.UnsupportedMediaType):
        response.data = error_body(error.default_code, getattr(context["view"], "body_help", SEND_JSON))
        return response
    if response is not None and isinstance(error, exceptions.APIException):
        if type(error) in DRF_MESSAGES:
            response.data = error_body(error.default_code, DRF_MESSAGES[type(error)])
            return response
        detail = error.detail if isinstance(error.detail, str) else error.default_detail
        response.data = error_body(str(getattr(detail, "code", error.default_code)), str(detail))
    return response


def _respond(status: int, code: str, headers: dict[str, str] | None = None) -> Response:
    return Response(error_body(code, MESSAGES[code]), status=status, headers=headers)
