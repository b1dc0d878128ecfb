"""Read a drawing and its options from a request's body, headers and query."""

import re
import uuid
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.request import Request

from ml.expects import Expectation
from predictions.api.parsers import parse_json
from predictions.models import Drawing, Source
from predictions.services.errors import Refused
from predictions.services.validation import (
    check_base64,
    check_expects,
    check_image,
    check_strokes,
    too_many_bytes,
)

PREFER_WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?', re.IGNORECASE)
CANCEL_AFTER_LIMIT_S = 86_400
WAIT_ASKED_LIMIT_S = 3_600  # larger values are refused; up to WAIT_LIMIT_S is waited
FRAME_BYTES = 100_000  # allowed for what surrounds the images in a body
PICTURE_SOURCES = (Source.UPLOAD, Source.PASTE, Source.CAMERA)  # that a form may name
FLAGS = {"true": True, "false": False}  # in a form or a query
UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.IGNORECASE)
KEY = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")
FORMS = 'Send an image (multipart field "image", the body, or JSON {"image": base64}) or JSON {"strokes": [[[x, y]]]}.'


def check_length(request: Request, limit_bytes: int) -> None:
    """Check the length of a body before anything reads it. Raises Refused."""
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        raise Refused("length_required", "Send the body with a Content-Length, not in chunks.", 411)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()) or int(length) > _body_limit(request, limit_bytes):
        raise too_many_bytes(limit_bytes or FRAME_BYTES)


def _body_limit(request: Request, limit_bytes: int) -> int:
    """Return how long a body with `limit_bytes` of images may be; base64 adds a third."""
    is_json = (request.content_type or "").startswith("application/json")
    return (limit_bytes * 4 // 3 if is_json else limit_bytes) + FRAME_BYTES


def read_drawing(request: Request) -> Drawing:
    """Return the unsaved drawing in a request's body. Raises Refused."""
    body: Any = request.data
    if isinstance(body, QueryDict):
        check_file_fields(request)
        check_single_values(body)
    image = body.get("image") if hasattr(body, "get") else None
    if isinstance(image, UploadedFile):
        return check_image(image.read())
    if isinstance(image, bytes) or (request.content_type or "").startswith("image/"):
        return check_image(image or b"")
    if type(body) is dict:
        return read_item(body)
    raise Refused("invalid", FORMS)


def check_file_fields(request: Request) -> None:
    """Check that a form has no file outside the field `image`, where it would be ignored. Raises Refused."""
    for name in request.FILES:
        if name != "image":
            raise Refused("invalid", f'Send images in the form field "image"; there is a file in {name[:40]!r}.')


def check_single_values(form: QueryDict) -> None:
    """Check that a form has each field at most once, and no strokes. Raises Refused."""
    for name in ("image", "canvas", "expects", "source", "may_train"):
        if len(form.getlist(name)) > 1:
            message = f"The form field {name} was sent {len(form.getlist(name))} times. Send one drawing in a request."
            raise Refused("invalid", f"{message} Send several to /api/v1/submissions/batch/.")
    if "strokes" in form:
        raise Refused("invalid", "Send strokes as JSON, not as a form field.")


def read_item(item: Any) -> Drawing:
    """Return the unsaved drawing in a JSON object. Raises Refused."""
    if isinstance(item, dict) and ("image" in item) != ("strokes" in item):
        return check_base64(item["image"]) if "image" in item else check_strokes(item)
    raise Refused("invalid", FORMS)


def read_canvas(request: Request) -> uuid.UUID | None:
    """Return the id of the drawing's canvas, if one was sent. Raises Refused."""
    body: Any = request.data  # a mapping, because it held a drawing
    value = body.get("canvas")
    try:
        return None if value is None else parse_uuid(value)
    except ValueError:
        raise Refused("invalid", "canvas must be a UUID.") from None


def read_source(request: Request, drawing: Drawing) -> Source:
    """Return how a drawing was sent: what its form says, else drawn if the page sent strokes. Raises Refused."""
    body: Any = request.data
    named = body.get("source") if isinstance(body, QueryDict) else None
    if named is None:
        return Source.DRAW if request.auth is None and drawing.strokes is not None else Source.API
    if named not in PICTURE_SOURCES:
        raise Refused("invalid", f"source must be one of {', '.join(PICTURE_SOURCES)}.")
    return Source(named)


def read_expects(body: Any) -> Expectation | None:
    """Return what is expected of a drawing, from its JSON object or form. Raises Refused."""
    spec = body.get("expects")
    if isinstance(body, QueryDict) and isinstance(spec, str):
        spec = _parse_form_field(spec)
    return check_expects(spec)


def read_may_train(body: Any) -> bool | None:
    """Return whether a drawing may train models, from its JSON object or form; None for the default. Raises Refused."""
    said = body.get("may_train")
    if isinstance(body, QueryDict):
        said = FLAGS.get(said, said) if said else None
    if said is None or isinstance(said, bool):
        return said
    raise Refused("invalid", "may_train must be true or false.")


def _parse_form_field(text: str) -> Any:
    """Return the value of the form field `expects`: a JSON object, or a kind as it is. Raises Refused."""
    if not text.lstrip().startswith("{"):
        return text or None
    try:
        return parse_json(text)
    except ValueError:
        raise Refused("invalid", 'expects: Send a kind, such as "date", or a valid JSON object.') from None


def wait_s(request: Request) -> int | None:
    """Return the seconds in `?wait=N` or else `Prefer: wait=N` (RFC 7240), at most WAIT_LIMIT_S, or None.

    Raises Refused.
    """
    text = single_parameter(request, "wait")
    if text is not None:
        return min(_whole_number("wait", text, WAIT_ASKED_LIMIT_S), settings.WAIT_LIMIT_S)
    found = PREFER_WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), settings.WAIT_LIMIT_S) if found else None


def single_parameter(request: Request, name: str) -> str | None:
    """Return a parameter of the query, or None. Raises Refused if it was sent more than once."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Refused("invalid", f"{name}: Send this parameter only once.")
    return values[0] if values else None


def query_flag(request: Request, name: str) -> bool:
    """Return whether a parameter of the query is `true`. Raises Refused."""
    text = single_parameter(request, name)
    if text is not None and text not in FLAGS:
        raise Refused("invalid", f"{name} must be true or false.")
    return FLAGS.get(text or "", False)


def parse_uuid(value: Any) -> uuid.UUID:
    """Return a UUID that is written with its hyphens or without any. Raises ValueError; Python takes other forms."""
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise ValueError("not a UUID")
    return uuid.UUID(value)


def query_submission(request: Request) -> uuid.UUID | None:
    """Return the id in `?submission=`, or None. Raises Refused."""
    text = single_parameter(request, "submission")
    try:
        return None if text is None else parse_uuid(text)
    except ValueError:
        raise Refused("invalid", "submission must be a UUID.") from None


def cancel_after_s(request: Request) -> int | None:
    """Return the seconds in `Cancel-After: N`, or None. Raises Refused."""
    text = request.headers.get("Cancel-After")
    return None if text is None else _whole_number("Cancel-After", text, CANCEL_AFTER_LIMIT_S)


def _whole_number(name: str, text: str, limit: int) -> int:
    if re.fullmatch(r"\d{1,9}", text, re.ASCII) and int(text) <= limit:
        return int(text)
    raise Refused("invalid", f"{name} must be a whole number of seconds from 0 to {limit}.")


def idempotency_key(request: Request) -> str | None:
    """Return the request's Idempotency-Key, or None. Raises Refused."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise Refused("invalid", "Idempotency-Key must be 1 to 255 printable ASCII characters.")
    return key
