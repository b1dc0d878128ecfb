"""Each operation of the API for OpenAPI: its words, headers, examples and every error. Behaviour lives in the views."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from predictions.api import examples
from predictions.api.listing import ListQuery
from predictions.api.request_parsing import CANCEL_AFTER_LIMIT_S, KEY, WAIT_ASKED_LIMIT_S
from predictions.api.shapes import IMAGE, SHAPES, ref
from predictions.models import Status

# What each error says, wherever it stands; the words are those of the views.
ERRORS: dict[int, tuple[str, str, str]] = {
    400: ("invalid", "The request, its body or a header is not what is described here.", "Send a list of strokes."),
    401: ("not_authenticated", "No token was sent, or one that is unknown, revoked or expired.", "Log in, or send ..."),
    404: ("not_found", "There is nothing of yours here.", "There is nothing here."),
    408: ("incomplete", "The body stopped coming before its end.", "The body stopped coming before its end."),
    409: ("conflict", "Its status, or what has this id already, does not allow it.", "This is finished already."),
    410: ("gone", "It was deleted within the last 24 hours.", "This was deleted."),
    411: ("length_required", "Bodies in chunks are not taken.", "Send the body with a Content-Length, not in chunks."),
    413: ("too_large", "The body, the image or the batch is too large.", "This is too large: the limit is 10 MB."),
    415: ("unsupported_media_type", "The Content-Type is none that is taken here.", "Send application/json ..."),
    422: ("key_reused", "This Idempotency-Key was sent with another body before.", "Use a new key for a new drawing."),
    429: ("too_many_requests", "Over a limit of yours; nothing was taken.", "Wait a second, and ask less often."),
    503: (
        "unavailable",
        "The queue is full or the database is away; nothing was taken.",
        "Try again in a few seconds.",
    ),
}
ANYWHERE = (401, 429, 503)
FINISHED = OpenApiExample("finished", examples.FINISHED, response_only=True)
WAITING = OpenApiExample("waiting", examples.WAITING, response_only=True)


class TokenScheme(OpenApiAuthenticationExtension):
    """How our tokens are sent."""

    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        described = "`Authorization: Token ink_...`, with a token from your profile or `make token USER=demo`."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": described}


def leave_out_twins(endpoints: list[Any], **_: Any) -> list[Any]:
    """Leave out the paths that only lack their last slash (drf-spectacular's preprocessing hook)."""
    return [endpoint for endpoint in endpoints if endpoint[0].endswith("/")]


def add_shapes(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add our components, and call an id `id` (drf-spectacular's postprocessing hook)."""
    result["components"]["schemas"] = SHAPES
    for operations in result["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    for path in [path for path in result["paths"] if "{id_}" in path]:
        operations = result["paths"].pop(path)
        result["paths"][path.replace("{id_}", "{id}")] = operations
        for operation in operations.values():
            for parameter in operation["parameters"]:
                parameter["name"] = "id" if parameter["name"] == "id_" else parameter["name"]
    return result


def _error(status: int) -> OpenApiResponse:
    code, described, message = ERRORS[status]
    example = OpenApiExample(code, {"error": {"code": code, "message": message}}, response_only=True)
    return OpenApiResponse(ref("Error"), described, [example])


def _answers(said: dict[Any, Any], *errors: int) -> dict[Any, Any]:
    return said | {status: _error(status) for status in sorted({*errors, *ANYWHERE})}


def _sent(name: str, described: str, type_: Any = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, type_, OpenApiParameter.HEADER, description=described, **more)


def _header(name: str, described: str, *statuses: int, type_: Any = str) -> OpenApiParameter:
    return OpenApiParameter(
        name, type_, OpenApiParameter.HEADER, description=described, response=[str(status) for status in statuses]
    )


PREFER = _sent("Prefer", f"`wait=N`: answer when it is read, after N seconds at most (up to {settings.WAIT_LIMIT_S}).")
CANCEL_AFTER = _sent(
    "Cancel-After",
    "Seconds after which it is not to be begun any more: then it ends `failed` with `deadline`.",
    {"type": "integer", "minimum": 0, "maximum": CANCEL_AFTER_LIMIT_S},
)
IDEMPOTENCY_KEY = _sent(
    "Idempotency-Key",
    "Your own name of this request, kept 24 hours: sent again with the same body it finds what it made.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": f"^{KEY.pattern}$"},
)
LIMITS = (
    ("RateLimit-Policy", "The limit of requests (IETF draft): q requests in w seconds."),
    ("RateLimit", "What is left of it (IETF draft): r requests, anew after t seconds."),
)
UNCOUNTED = (
    304,
    401,
    404,
    408,
    411,
    413,
    415,
    503,
)  # before a request is counted, or without headers
AGAIN = _header("Retry-After", "Seconds after which to ask again, while it is unfinished.", 200, type_=int)
BUSY = _header("Retry-After", "Seconds after which to try again.", 429, 503, type_=int)
TAKEN = [
    _header("Location", "The path of the submission.", 201, 202),
    _header("Preference-Applied", "`wait=N`, if the request waited.", 201, 202),
    _header("Idempotent-Replayed", "`true` if an earlier request made it.", 201, 202),
    _header("Retry-After", "Seconds after which to ask.", 202, 429, 503, type_=int),
]
WAIT = OpenApiParameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": WAIT_ASKED_LIMIT_S},
    description=f"Seconds to wait until it is finished; {settings.WAIT_LIMIT_S} at most are waited.",
)
CURSOR = OpenApiParameter(
    "cursor", {"type": "string", "format": "cursor", "maxLength": 200}, description="Where to go on, as in `next`."
)
SUBMISSION = OpenApiResponse(ref("Submission"), "The submission.", [FINISHED, WAITING])
DRAWING_BODY = {
    "application/json": ref("Drawing"),
    "multipart/form-data": ref("ImageForm"),
    **dict.fromkeys(("image/png", "image/jpeg", "image/webp", "application/octet-stream"), IMAGE),
}
DRAWING_ANSWERS = {
    201: OpenApiResponse(ref("Submission"), "It is finished.", [FINISHED]),
    202: OpenApiResponse(ref("Submission"), "It is queued and will be read.", [WAITING]),
}
DRAWING_ERRORS = (400, 408, 410, 411, 413, 415)

Described = Callable[[Any], Any]


def _operation(name: str, summary: str, described: str = "", **more: Any) -> Described:
    counted = [status for status in more["responses"] if status not in UNCOUNTED and isinstance(status, int)]
    limits = [_header(header, described, *counted) for header, described in LIMITS]
    more["parameters"] = [*more.get("parameters", []), *limits]
    return extend_schema(operation_id=name, summary=summary, description=described, tags=["submissions"], **more)


LIST = _operation(
    "list_submissions",
    "List your submissions",
    "Newest first. Follow `next` until it is null: no submission is shown twice or left out, though new ones come.",
    parameters=[ListQuery, CURSOR, BUSY],
    responses=_answers(
        {200: OpenApiResponse(ref("Page"), "A page.", [OpenApiExample("page", examples.PAGE, response_only=True)])}, 400
    ),
)
SUBMIT = _operation(
    "submit_drawing",
    "Send a drawing",
    "An image as the body, as the field `image` of a form or in base64, or strokes. It is stored before the answer.",
    parameters=[PREFER, CANCEL_AFTER, IDEMPOTENCY_KEY, *TAKEN],
    request=DRAWING_BODY,
    responses=_answers(DRAWING_ANSWERS, *DRAWING_ERRORS, 422),
)
PUT = _operation(
    "put_drawing",
    "Send a drawing under an id of your own",
    "As POST, with a UUID that you made: sent again with the same body it is the same submission, else 409.",
    parameters=[PREFER, CANCEL_AFTER, *TAKEN],
    request=DRAWING_BODY,
    responses=_answers(DRAWING_ANSWERS, *DRAWING_ERRORS, 404, 409),
)
BATCH = _operation(
    "submit_batch",
    "Send many drawings",
    f"At most {settings.BATCH_ITEMS_LIMIT}, and {settings.BATCH_LIMIT_BYTES // 10**6} MB in all. "
    "Each is taken or refused by itself; they are read after what somebody waits for.",
    parameters=[
        IDEMPOTENCY_KEY,
        BUSY,
        _header("Idempotent-Replayed", "`true` if an earlier request made it.", 202),
    ],
    request={"application/json": ref("Batch"), "multipart/form-data": ref("ImagesForm")},
    responses=_answers(
        {
            202: OpenApiResponse(
                ref("TakenBatch"),
                "An id or an error for each, in order.",
                [OpenApiExample("batch", examples.TAKEN_BATCH, response_only=True)],
            )
        },
        *(400, 408, 411, 413, 415, 422),
    ),
)
GET = _operation(
    "get_submission",
    "Ask for a submission",
    "With `wait` the answer comes when it is finished, or after that time. Finished, it has an ETag to ask with again.",
    parameters=[
        WAIT,
        AGAIN,
        BUSY,
        _header("ETag", "Of a finished submission: send it as `If-None-Match`.", 200),
    ],
    responses=_answers({200: SUBMISSION, 304: OpenApiResponse(None, "It is as you know it.")}, 400, 404),
)
DELETE = _operation(
    "delete_submission",
    "Delete a submission",
    "At once for you; a minute later nothing of it is kept but its id, for a day.",
    parameters=[BUSY],
    responses=_answers({204: OpenApiResponse(None, "It is deleted.")}, 404),
)
CANCEL = _operation(
    "cancel_submission",
    "Cancel a submission",
    f"Only what is `{Status.QUEUED}` or `{Status.RUNNING}`.",
    parameters=[BUSY],
    request=None,
    responses=_answers({200: SUBMISSION}, 404, 409),
)
RETRY = _operation(
    "retry_submission",
    "Have a submission read once more",
    "Only what failed by our fault: `gave_up`, `deadline` or `no_model`.",
    parameters=[AGAIN, BUSY],
    request=None,
    responses=_answers({200: SUBMISSION}, 404, 409),
)
REVIEW = _operation(
    "review_submission",
    "Say what it really shows",
    "Words are added, never changed; the newest counts.",
    parameters=[BUSY],
    request={"application/json": ref("Answer")},
    responses=_answers(
        {201: OpenApiResponse(ref("Submission"), "It is recorded.", [FINISHED])}, *(400, 404, 408, 409, 411, 413, 415)
    ),
)
MODEL = OpenApiParameter("model", str, description="By which model's reading; by default the submission's own answer.")
WHY_EXAMPLES = {
    "done": OpenApiExample("done", examples.WHY, response_only=True),
    "asked": OpenApiExample("asked", examples.WHY_ASKED, response_only=True),
}
AGAIN_EXAMPLES = {
    "done": OpenApiExample("done", examples.AGAIN, response_only=True),
    "asked": OpenApiExample("asked", examples.AGAIN_ASKED, response_only=True),
}
ASKED = _header("Retry-After", "Seconds after which to ask.", 202, 429, 503, type_=int)
ASK_WHY = _operation(
    "ask_for_explanation",
    "Ask why it was read so",
    "What ink spoke for each digit and what for the runner-up. Asked once for a reading: again it is the same.",
    parameters=[MODEL, ASKED],
    request=None,
    responses=_answers(
        {
            200: OpenApiResponse(ref("Explanation"), "It was explained before.", [WHY_EXAMPLES["done"]]),
            202: OpenApiResponse(ref("Explanation"), "It is queued.", [WHY_EXAMPLES["asked"]]),
        },
        *(404, 409),
    ),
)
GET_WHY = _operation(
    "get_explanation",
    "Get the explanation",
    "404 until it is asked for.",
    parameters=[MODEL, WAIT, AGAIN, BUSY],
    responses=_answers(
        {200: OpenApiResponse(ref("Explanation"), "How it stands.", list(WHY_EXAMPLES.values()))}, 400, 404
    ),
)
READ_AGAIN = _operation(
    "read_again",
    "Have it read by today's model",
    "Anything finished, but what failed by our fault (`retry/`). The old answer stays; the new stands in `readings`.",
    parameters=[ASKED],
    request=None,
    responses=_answers(
        {
            200: OpenApiResponse(ref("ReadAgain"), "That model has read it.", [AGAIN_EXAMPLES["done"]]),
            202: OpenApiResponse(ref("ReadAgain"), "It is queued.", [AGAIN_EXAMPLES["asked"]]),
        },
        *(404, 409),
    ),
)
GET_AGAIN = _operation(
    "get_read_again",
    "See how reading it again stands",
    "The last one that was asked for; 404 until one is.",
    parameters=[WAIT, AGAIN, BUSY],
    responses=_answers(
        {200: OpenApiResponse(ref("ReadAgain"), "How it stands.", list(AGAIN_EXAMPLES.values()))}, 400, 404
    ),
)
PICTURE = _operation(
    "get_image",
    "Get the picture of a submission",
    "The upright copy, without metadata, of an image that was sent; of strokes, a small picture. 409 until it is read.",
    parameters=[BUSY],
    responses=_answers({(200, "image/png"): OpenApiTypes.BINARY, (200, "image/webp"): OpenApiTypes.BINARY}, 404, 409),
)
QUEUE = _operation(
    "get_queue",
    "See how the queue stands",
    parameters=[BUSY],
    responses=_answers(
        {200: OpenApiResponse(ref("Queue"), "Now.", [OpenApiExample("queue", examples.QUEUE, response_only=True)])}
    ),
)
