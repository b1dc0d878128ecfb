"""Middleware that keeps NUL characters, for which Postgres raises an error, out of the views; and a filter of logs."""

import logging
from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import get_resolver

NUL = "\0"
GetResponse = Callable[[HttpRequest], HttpResponse]


def drop_nul_cookies(get_response: GetResponse) -> GetResponse:
    """Ignore cookies with a NUL. A browser would send one again and again, so an error would lock its user out."""

    def answer(request: HttpRequest) -> HttpResponse:
        if any(NUL in value for value in request.COOKIES.values()):
            request.COOKIES = {name: value for name, value in request.COOKIES.items() if NUL not in value}
        return get_response(request)

    return answer


def refuse_nul(get_response: GetResponse) -> GetResponse:
    """Answer 400 to a NUL in a path, a query or a form. Bodies sent to the API are left to its views."""

    def answer(request: HttpRequest) -> HttpResponse:
        if NUL in request.path or "%00" in request.META.get("QUERY_STRING", "") or _form_has_nul(request):
            handler: Any = get_resolver().resolve_error_handler(400)  # raising would log a traceback each time
            return cast(HttpResponse, handler(request, BadRequest("a NUL in the request")))
        return get_response(request)

    return answer


def _form_has_nul(request: HttpRequest) -> bool:
    if request.method != "POST" or request.path.startswith("/api/"):
        return False
    try:
        return any(NUL in text for name, values in request.POST.lists() for text in (name, *values))
    except UnreadablePostError:  # the client went away; the CSRF check answers that
        return False


class RefusalsInOneLine(logging.Filter):
    """Drop the traceback of what is answered with 4xx: what somebody sends or may not do is no fault of the code."""

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True
