"""Answers to requests that never come to a thread."""

import json
from enum import Enum


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


def refusal(reason: Refusal, *, is_for_api: bool) -> bytes:
    """Return a whole answer, as JSON for the API and as text for people."""
    status, code, message = reason.value
    body = json.dumps({"error": {"code": code, "message": message}}) if is_for_api else message + "\n"
    fields = {
        "Content-Type": "application/json" if is_for_api else "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
    }
    if reason is Refusal.BUSY:
        fields["Retry-After"] = "2"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n{body}".encode()
