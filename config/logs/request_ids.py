"""The id of a request: from the proxy's log through the web process and the row to the worker, and in the response.

32 hexadecimal digits, so that it is a UUID in the row, nginx's `$request_id`, and the id of a W3C trace.
"""

import random
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-ID"
_SENT = re.compile(rb"\r\nx-request-id:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)", re.I)
_FORM = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HALF = 16  # digits; neither may be zero, as the second half is the id of the first span of the trace
_random = random.SystemRandom()  # no UUID: its second half is not random enough to choose a share of traces by
GetResponse = Callable[[HttpRequest], HttpResponse]


def choose(sent: str | None) -> str:
    """Return the id that a trusted proxy sent, if it is well-formed; otherwise a new one: no client may choose."""
    if sent and settings.ALLAUTH_TRUSTED_PROXY_COUNT and _FORM.fullmatch(sent.lower()):
        found = sent.lower().replace("-", "")
        if found[:_HALF].strip("0") and found[_HALF:].strip("0"):
            return found
    return f"{_random.getrandbits(128):032x}"


def choose_for_head(head: bytes) -> str:
    """Return the id for a request that never comes to the application, by as much as has arrived of its head."""
    found = _SENT.findall(head.partition(b"\r\n\r\n")[0] + b"\r\n")
    return choose(found[0].decode("latin-1") if len(found) == 1 else None)


def carry_request_id(get_response: GetResponse) -> GetResponse:
    """Middleware that gives each request its id, all that is logged meanwhile, and the response."""

    def answer(request: HttpRequest) -> HttpResponse:
        request_id = choose(request.META.get("HTTP_X_REQUEST_ID"))
        request.request_id = request_id  # type: ignore[attr-defined]
        with bound_contextvars(request_id=request_id):
            response = get_response(request)
        response.headers[HEADER] = request_id
        return response

    return answer
