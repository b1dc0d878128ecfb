"""Request bodies as Python values: JSON that cannot hurt us, and raw images."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import parsers

from predictions.web.submit import Refused, too_many_bytes


class JSONParser(parsers.BaseParser):
    """UTF-8 JSON of at most STROKES_LIMIT_BYTES; too deep, too long or not JSON at all is a Refused."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        data = stream.read(settings.STROKES_LIMIT_BYTES + 1)
        if len(data) > settings.STROKES_LIMIT_BYTES:
            raise too_many_bytes(settings.STROKES_LIMIT_BYTES)
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
