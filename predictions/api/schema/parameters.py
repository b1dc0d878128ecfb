"""Parameters, headers and errors that operations share, and how each is described."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse, extend_schema

from predictions.api.request_parsing import CANCEL_AFTER_LIMIT_S, KEY, WAIT_ASKED_LIMIT_S
from predictions.api.serializers import ErrorSerializer

Responses = dict[Any, Any]

ERRORS = {  # status: code, description, example of a message
    400: (
        "invalid",
        "The body, a parameter or a header is not as described here.",
        "Each stroke must be a list of points.",
    ),
    401: ("not_authenticated", "The token is missing, unknown, revoked or expired.", "Log in, or send a token."),
    403: (
        "insufficient_scope",
        "The token lacks the scope that this operation needs: `read` for GET, `write` for others.",
        'This token lacks the scope "write". Use a token that has it, or create one in your profile.',
    ),
    404: ("not_found", "It does not exist, or belongs to another user.", "Not found."),
    408: ("incomplete", "The body ended early.", "The body ended early. Send it again."),
    409: ("conflict", "The current status, or an id that is already in use, does not allow this.", "Already finished."),
    410: ("gone", "It was deleted within the last 24 hours.", "This was deleted."),
    411: (
        "length_required",
        "Chunked bodies are not supported.",
        "Send the body with a Content-Length, not in chunks.",
    ),
    413: ("too_large", "The body, the image or the batch is too large.", "This is too large: the limit is 25 MB."),
    415: ("unsupported_media_type", "This Content-Type is not supported here.", "Send application/json, ..."),
    422: ("key_reused", "This Idempotency-Key was used with a different body.", "Use a new key for a new request."),
    429: ("too_many_requests", "You are over a limit. Nothing was stored.", "Wait a second, and send fewer requests."),
    503: (
        "unavailable",
        "The queue is full or the database is unavailable. Nothing was stored.",
        "Try again in a few seconds.",
    ),
}
ANYWHERE = (401, 403, 429, 503)
WITHOUT_RATE_LIMIT = (
    304,
    401,
    403,
    404,
    408,
    411,
    413,
    415,
    503,
)  # answered before a request is counted, or without headers


def _error(status: int) -> OpenApiResponse:
    code, description, message = ERRORS[status]
    example = OpenApiExample(code, {"error": {"code": code, "message": message}}, response_only=True)
    return OpenApiResponse(ErrorSerializer, description, [example])


def with_errors(responses: Responses, *errors: int) -> Responses:
    """Return `responses` with these errors, and those that any operation may answer."""
    return responses | {status: _error(status) for status in sorted({*errors, *ANYWHERE})}


def response_example(name: str, value: Any) -> OpenApiExample:
    """Return an example of a response."""
    return OpenApiExample(name, value, response_only=True)


def _request_header(name: str, description: str, type_: Any = str) -> OpenApiParameter:
    return OpenApiParameter(name, type_, OpenApiParameter.HEADER, description=description)


def _response_header(name: str, description: str, *statuses: int, type_: Any = str) -> OpenApiParameter:
    return OpenApiParameter(
        name, type_, OpenApiParameter.HEADER, description=description, response=[str(status) for status in statuses]
    )


def rate_limit_headers(responses: Responses) -> list[OpenApiParameter]:
    """Return the headers that say how many requests are left, for those of `responses` that carry them."""
    counted = [status for status in responses if isinstance(status, int) and status not in WITHOUT_RATE_LIMIT]
    return [
        _response_header("RateLimit-Policy", "The limit (IETF draft): q requests in w seconds.", *counted),
        _response_header("RateLimit", "What is left of it (IETF draft): r requests, reset after t seconds.", *counted),
    ]


PREFER = _request_header("Prefer", "`wait=N`: as the parameter `wait`, which goes before it.")
CANCEL_AFTER = _request_header(
    "Cancel-After",
    "Seconds within which reading must begin; otherwise the submission fails with `deadline`.",
    {"type": "integer", "minimum": 0, "maximum": CANCEL_AFTER_LIMIT_S},
)
IDEMPOTENCY_KEY = _request_header(
    "Idempotency-Key",
    "Your name for this request, kept for 24 hours. A repeated request with the same key and body returns what the "
    "first one created.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": f"^{KEY.pattern}$"},
)
WAIT = OpenApiParameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": WAIT_ASKED_LIMIT_S},
    description=f"Wait up to this many seconds for it to finish; at most {settings.WAIT_LIMIT_S} are used.",
)
IN_QUEUE = OpenApiParameter(
    "submission", OpenApiTypes.UUID, description="One of your submissions, to learn how many are `ahead` of it."
)
MODEL = OpenApiParameter(
    "model",
    {"type": "string", "pattern": r"^[^\x00]*$"},
    description="The model whose reading to explain; by default that of `result`.",
)


def location(description: str, *statuses: int) -> OpenApiParameter:
    """Return the header `Location` of what was stored."""
    return _response_header("Location", description, *statuses)


EXPORT_LOCATION = _response_header("Location", "The path of the export.", 202)
LOCATION = _response_header("Location", "The path of the submission.", 201, 202)
WAIT_APPLIED = _response_header("Preference-Applied", "`wait=N`, if the request waited.", 201, 202)
REPLAYED = _response_header("Idempotent-Replayed", "`true` if an earlier request created it.", 201, 202)
BATCH_REPLAYED = _response_header("Idempotent-Replayed", "`true` if an earlier request created it.", 202)
ETAG = _response_header("ETag", "Of a finished submission: send it as `If-None-Match`.", 200)
RETRY_UNFINISHED = _response_header("Retry-After", "Seconds until the next poll, while unfinished.", 200, type_=int)
RETRY_ERROR = _response_header("Retry-After", "Seconds until the next try.", 429, 503, type_=int)
RETRY_ACCEPTED = _response_header("Retry-After", "Seconds until the next poll or try.", 202, 429, 503, type_=int)


def operation(
    tag: str, name: str, summary: str, description: str, parameters: Sequence[Any] = (RETRY_ERROR,), **options: Any
) -> Callable[[Any], Any]:
    """Return the schema of an operation, as a decorator. options: as of `extend_schema`."""
    counted = rate_limit_headers(options["responses"])
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=description,
        tags=[tag],
        parameters=[*parameters, *counted],
        **options,
    )


def json_request(schema: Any, **named: Any) -> OpenApiRequest:
    """Return a request with examples by their names."""
    return OpenApiRequest(schema, examples=[OpenApiExample(name, value) for name, value in named.items()])
