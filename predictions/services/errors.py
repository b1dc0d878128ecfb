"""What the service refuses, and the one shape in which programs read an error."""


class Refused(ValueError):
    """What was sent cannot be taken: `code` for programs, a sentence for people, an HTTP status, when to try again."""

    def __init__(self, code: str, message: str, status: int = 400, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s


MESSAGES = {
    "invalid": "This request cannot be understood.",
    "not_found": "There is nothing here.",
    "incomplete": "The body stopped coming before its end. Send it again.",
    "unavailable": "The service cannot answer right now. Try again in a few seconds.",
    "server_error": "Something went wrong on our side. Try again; if it happens again, tell us.",
}


def error_body(code: str, message: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": message}}
