"""Request bodies as Python values: JSON that cannot hurt us, and raw images."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import parsers

from predictions.services.errors import Refused
from predictions.services.validation import too_many_bytes


class JSONParser(parsers.BaseParser):
    """UTF-8 JSON; too long, too deep, of too many values or not JSON at all is a Refused.

    Long is only what images in base64 make long: of lists, objects and numbers there may be as many as
    STROKES_LIMIT_BYTES could hold, or they would take a hundred times the body's memory.
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
            return json.loads(data, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Refused(
                "invalid", "This is not JSON that can be read: check its syntax, depth and numbers."
            ) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class ImageParser(parsers.BaseParser):
    """A raw image body, as `{"image": bytes}`."""

    media_type = "image/*"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, bytes]:
        return {"image": stream.read(settings.UPLOAD_LIMIT_BYTES + 1)}


class BinaryParser(ImageParser):
    """The same when the client names no type."""

    media_type = "application/octet-stream"
