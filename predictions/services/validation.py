"""Check drawings before they are queued: their limits, and the header of an image. Workers decode the rest."""

import base64
import binascii
from typing import Any

from django.conf import settings

from ml import uploads
from ml.expects import Expectation, InvalidExpectation, parse_expectation
from predictions.models import Drawing, ErrorCode
from predictions.services.errors import Refused

COORDINATE_LIMIT = 1_000_000
NUMBER_LIMIT = 2**53 - 1  # of a time in milliseconds, or a pressure
SIDE_LIMIT = 100_000
SIDE_LEAST = 0.001
PEN_ALLOWED_PX = 100  # without a canvas, a pen may be this wide however small the strokes are: a tap has no size


def check_image(data: bytes) -> Drawing:
    """Return an unsaved Drawing of an encoded image; only its header is read. Raises Refused."""
    if not data:
        raise Refused("empty", "The image is empty. Send the bytes of a PNG, JPEG or WebP.")
    if len(data) > settings.UPLOAD_LIMIT_BYTES:
        raise too_many_bytes(settings.UPLOAD_LIMIT_BYTES)
    try:
        file = uploads.check_header(
            data,
            max_pixels=settings.IMAGE_LIMIT_PIXELS,
            max_side_px=settings.IMAGE_LIMIT_SIDE_PX,
            max_jpeg_pixels=settings.IMAGE_LIMIT_JPEG_PIXELS,
        )
    except uploads.TooLarge as error:
        raise Refused("too_large", str(error), 413) from None
    except uploads.UnreadableImage as error:
        raise Refused("unreadable", str(error)) from None
    kind = f"image/{file.format.lower()}"
    return Drawing(image=data, image_type=kind, width=file.width, height=file.height, is_original=True)


def too_many_bytes(limit: int) -> Refused:
    """Return the refusal of a body over `limit` bytes."""
    return Refused("too_large", f"This is too large: the limit is {limit / 1e6:g} MB.", 413)


def check_strokes(body: Any) -> Drawing:
    """Return an unsaved Drawing of `{"strokes": [[[x, y], ...], ...], "width", "height", "pen_px"}`. Raises Refused."""
    if not isinstance(body, dict) or not isinstance(body.get("strokes"), list):
        raise Refused("invalid", 'Send {"strokes": [[[x, y], ...], ...]}: a list of strokes, each a list of points.')
    strokes = body["strokes"]
    if len(strokes) > settings.STROKES_LIMIT:
        raise Refused("too_many_strokes", f"There are {len(strokes)} strokes; the limit is {settings.STROKES_LIMIT}.")
    if not all(isinstance(stroke, list) for stroke in strokes):
        raise Refused("invalid", "Each stroke must be a list of points.")
    points = sum(map(len, strokes))
    if points > settings.POINTS_LIMIT:
        raise Refused("too_many_points", f"There are {points} points; the limit is {settings.POINTS_LIMIT}.")
    if not points:
        raise Refused("blank", ErrorCode.BLANK.in_english)
    for stroke in strokes:
        for point in stroke:
            _check_point(point)
    sizes = {name: _size(body, name) for name in ("width", "height", "pen_px")}
    _check_pen(strokes, **sizes)
    return Drawing(strokes=strokes, **sizes)


def _check_pen(strokes: list[Any], width: float | None, height: float | None, pen_px: float | None) -> None:
    """Raise Refused if the pen is wider than both the canvas and the strokes: no digit can be drawn with it."""
    limit = max(width or 0, height or 0) or PEN_ALLOWED_PX
    if pen_px is None or pen_px <= limit:
        return
    xs, ys = ([point[axis] for stroke in strokes for point in stroke] for axis in (0, 1))
    limit = max(limit, max(xs) - min(xs), max(ys) - min(ys))
    if pen_px > limit:
        message = f"pen_px is {pen_px:g}, but must be at most {limit:g}, the larger side of the canvas or the strokes."
        raise Refused("invalid", message)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= NUMBER_LIMIT  # False for NaN


def _check_point(point: Any) -> None:
    """Raise Refused unless `point` is [x, y], [x, y, t_ms] or [x, y, t_ms, pressure]."""
    if not isinstance(point, list) or not 2 <= len(point) <= 4 or not all(map(_is_number, point)):
        shape = "[x, y], [x, y, t_ms] or [x, y, t_ms, pressure]"
        raise Refused("invalid", f"Each point must be {shape} of numbers between -{NUMBER_LIMIT} and {NUMBER_LIMIT}.")
    if abs(point[0]) > COORDINATE_LIMIT or abs(point[1]) > COORDINATE_LIMIT:
        raise Refused("invalid", f"Coordinates must be between -{COORDINATE_LIMIT} and {COORDINATE_LIMIT}.")


def _size(body: dict[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if not _is_number(value) or not SIDE_LEAST <= value <= SIDE_LIMIT:
        raise Refused("invalid", f"{name} must be a number from {SIDE_LEAST:g} to {SIDE_LIMIT}.")
    return float(value)


def check_expects(spec: Any) -> Expectation | None:
    """Return what is expected of a drawing; None for None. Raises Refused."""
    if spec is None:
        return None
    try:
        return parse_expectation(spec)
    except InvalidExpectation as error:
        raise Refused("invalid", f"expects: {error}") from None


def check_base64(text: Any) -> Drawing:
    """Return an unsaved Drawing of an image in base64. Raises Refused."""
    if not isinstance(text, str):
        raise Refused("invalid", "image must be a PNG, JPEG or WebP in base64.")
    try:
        return check_image(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("invalid", "image is not valid base64 (RFC 4648, without line breaks).") from None
