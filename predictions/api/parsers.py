"""Parse request bodies: JSON within limits, and raw images."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import parsers

from predictions.services.errors import Refused
from predictions.services.validation import too_many_bytes

BAD_JSON = "This is not valid JSON. Check its syntax, nesting and numbers, and that no name is repeated in an object."


class JSONParser(parsers.BaseParser):
    """UTF-8 JSON. Raises Refused if it is invalid, ambiguous, or has too many values.

    Only base64 images make a body long. Lists, objects and numbers are limited to what fits into STROKES_LIMIT_BYTES,
    because as Python objects they take a hundred times their size in memory.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        data = stream.read()  # the view has checked its length
        limit = settings.STROKES_LIMIT_BYTES
        if len(data) > limit and sum(map(data.count, (b",", b"[", b"{"))) > limit // 2:
            raise too_many_bytes(limit)
        try:
            return parse_json(data)
        except ValueError:
            raise Refused("invalid", BAD_JSON) from None


def parse_json(data: bytes | str) -> Any:
    """Return the value of a JSON text. Raises ValueError if it is invalid, nested too deeply, or ambiguous.

    Bytes are UTF-8 and nothing else (RFC 8259), with a byte order mark or without: json.loads guesses other encodings.
    """
    text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_make_object)
    except RecursionError:
        raise ValueError("It is nested too deeply.") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):  # json.loads would silently keep the last of two values
        raise ValueError("A name is repeated.")
    return made


class ImageParser(parsers.BaseParser):
    """A raw image body, as `{"image": bytes}`."""

    media_type = "image/*"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, bytes]:
        return {"image": stream.read(settings.UPLOAD_LIMIT_BYTES + 1)}


class BinaryParser(ImageParser):
    """A raw image body without a type of its own."""

    media_type = "application/octet-stream"
