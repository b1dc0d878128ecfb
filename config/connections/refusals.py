"""Answers to requests that never come to the application: because they are too slow or too long, or are no HTTP."""

import json
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any


class Refusal(Enum):
    """Why a request is not taken: status, code and sentence."""

    TOO_SLOW = ("408 Request Timeout", "too_slow", "This request did not arrive in time. Send it again.")
    INCOMPLETE = ("408 Request Timeout", "incomplete", "The body ended early. Send it again.")
    HEAD_TOO_LONG = (
        "431 Request Header Fields Too Large",
        "headers_too_large",
        "The headers of this request are too long. Send less of them, or delete this site's cookies.",
    )
    BODY_TOO_LONG = ("413 Content Too Large", "too_large", "This is more than any form here takes. Send less.")
    BUSY = ("503 Service Unavailable", "unavailable", "The service is receiving too much at once. Try again.")


def refusal(reason: Refusal, *, is_for_api: bool, headers: Mapping[str, str]) -> bytes:
    """Return a whole answer, as JSON for the API and as text for people; `headers` are those of all answers."""
    status, code, message = reason.value
    own = {"Retry-After": "2"} if reason is Refusal.BUSY else {}
    return _answer(status, code, message, is_for_api=is_for_api, headers={**headers, **own})


class ErrorPages:
    """A client's socket that gunicorn writes an error page to, and that sends an answer of ours in its place."""

    def __init__(self, sock: Any, *, is_for_api: bool, headers: Mapping[str, str]) -> None:
        self._sock, self._is_for_api, self.headers = sock, is_for_api, headers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, page: bytes) -> None:
        """Send the answer with the status of `page`."""
        status = HTTPStatus(int(page.split(b" ", 2)[1]))
        if status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._sock.sendall(refusal(Refusal.HEAD_TOO_LONG, is_for_api=self._is_for_api, headers=self.headers))
            return
        code, message = ("invalid", "This is not a valid HTTP request.")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            code, message = "server_error", "This request could not be answered. Try again."
        if status == HTTPStatus.NOT_IMPLEMENTED:
            code, message = "length_required", "Send the body with a Content-Length, not in another coding."
        line = f"{status.value} {status.phrase}"
        self._sock.sendall(_answer(line, code, message, is_for_api=self._is_for_api, headers=self.headers))


def _answer(status: str, code: str, message: str, *, is_for_api: bool, headers: Mapping[str, str]) -> bytes:
    body = json.dumps({"error": {"code": code, "message": message}}) if is_for_api else message + "\n"
    fields = {
        **headers,
        "Content-Type": "application/json" if is_for_api else "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n{body}".encode()
