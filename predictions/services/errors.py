"""The exception for refused requests, and the JSON of an error."""

from structlog.contextvars import get_contextvars


class Refused(ValueError):
    """A request that is refused.

    Args:
        code: for programs; part of the API.
        message: for people.
        status: of the HTTP response.
        retry_after_s: when to try again, if that can help.
    """

    def __init__(self, code: str, message: str, status: int = 400, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s


MESSAGES = {
    "invalid": "This request is not valid.",
    "not_found": "Not found.",
    "incomplete": "The body ended early. Send it again.",
    "unavailable": "The service is not available right now. Try again in a few seconds.",
    "server_error": "Something went wrong on our side. Try again; if it happens again, tell us.",
}


FAULTS_OF_OURS = ("unavailable", "server_error")


def error_body(code: str, message: str) -> dict[str, dict[str, str]]:
    """Return an error as JSON. One that people should tell us about has the id by which we find it in the logs."""
    error = {"code": code, "message": message}
    if code in FAULTS_OF_OURS and (request_id := get_contextvars().get("request_id")):
        error["request_id"] = request_id
    return {"error": error}
