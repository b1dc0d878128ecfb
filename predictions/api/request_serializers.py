"""What clients send to the API, and the parameters of its lists."""

import re
import uuid
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from ml.types import SIGNS
from predictions.api.reading_serializers import VERDICTS, ProbabilityField
from predictions.api.request_parsing import PICTURE_SOURCES, parse_uuid
from predictions.api.schema.expectations import EXPECTS, EXPECTS_IN_A_FORM
from predictions.models import Source, Status
from predictions.services.review import TEXT_LIMIT
from predictions.services.validation import COORDINATE_LIMIT, NUMBER_LIMIT, PEN_ALLOWED_PX, SIDE_LEAST, SIDE_LIMIT

PAGE_SIZE = 50
PAGE_LIMIT = 100
_SIGNS = re.escape(SIGNS)
WRITTEN = rf"[{_SIGNS}]*[0-9][0-9{_SIGNS}]*"  # digits and signs, at least one digit
REVIEW_TEXT = rf"^({WRITTEN})?$"

IMAGE = {"type": "string", "format": "binary", "description": "A PNG, JPEG or WebP."}
_COORDINATE = {"type": "number", "minimum": -COORDINATE_LIMIT, "maximum": COORDINATE_LIMIT}
_NUMBER = {"type": "number", "minimum": -NUMBER_LIMIT, "maximum": NUMBER_LIMIT}
POINT = {
    "type": "array",
    "description": "[x, y], [x, y, t_ms] or [x, y, t_ms, pressure]",
    "prefixItems": [_COORDINATE, _COORDINATE, _NUMBER, _NUMBER],
    "items": _NUMBER,
    "minItems": 2,
    "maxItems": 4,
}
STROKES = {
    "type": "array",
    "description": f"A list of strokes, each a list of points; 1 to {settings.POINTS_LIMIT} points in all.",
    "items": {"type": "array", "items": POINT},
    "contains": {"type": "array", "minItems": 1},
    "minItems": 1,
    "maxItems": settings.STROKES_LIMIT,
}
MAY_TRAIN = "Whether the drawing may train models, once somebody has reviewed it; without it, as your profile says."
BATCH = {
    "type": "array",
    "description": "Each item is a `Drawing`. An invalid item gets an error in its place.",
    "items": {},
    "minItems": 1,
    "maxItems": settings.BATCH_ITEMS_LIMIT,
}


class SideField(serializers.FloatField):
    """A length in the units of the strokes."""

    def __init__(self, **options: object) -> None:
        super().__init__(min_value=SIDE_LEAST, max_value=SIDE_LIMIT, required=False, allow_null=True, **options)  # type: ignore[arg-type]


@extend_schema_field(EXPECTS)
class ExpectsField(serializers.JSONField):
    """What will be written."""

    def __init__(self, **options: object) -> None:
        super().__init__(required=False, allow_null=True, **options)  # type: ignore[arg-type]


@extend_schema_field(EXPECTS_IN_A_FORM)
class ExpectsFormField(serializers.CharField):
    """What will be written, in a form."""


class MayTrainField(serializers.BooleanField):
    """Whether a drawing may train models."""

    def __init__(self, **options: object) -> None:
        super().__init__(required=False, allow_null=True, help_text=MAY_TRAIN, **options)  # type: ignore[arg-type]


class IdField(serializers.UUIDField):
    """A UUID in the one form in which it is given out, or without hyphens."""

    def to_internal_value(self, data: Any) -> uuid.UUID:
        """Return the UUID. Raises ValidationError."""
        try:
            return parse_uuid(data)
        except ValueError:
            self.fail("invalid", value=data)


class CountField(serializers.IntegerField):
    """A whole number of a query, in the digits 0 to 9."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number. Raises ValidationError: Python would take `1_0`, `+1` and other scripts' digits."""
        if not re.fullmatch(r"-?[0-9]{1,9}", str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class CanvasField(serializers.UUIDField):
    """The canvas of a drawing."""

    def __init__(self, **options: object) -> None:
        text = (
            "The canvas of this drawing. A newer drawing of the same canvas replaces the older one in lists, and "
            "cancels it if it is unfinished."
        )
        super().__init__(required=False, help_text=text, **options)  # type: ignore[arg-type]


@extend_schema_field({"type": "string", "format": "cursor", "maxLength": 200})
class CursorField(serializers.CharField):
    """Where a page of a list begins."""


@extend_schema_field(STROKES)
class StrokesField(serializers.JSONField):
    """Pen strokes."""


@extend_schema_field(IMAGE)
class ImageFileField(serializers.FileField):
    """An encoded image."""


@extend_schema_field(OpenApiTypes.BYTE)
class Base64Field(serializers.CharField):
    """An encoded image in base64."""


class StrokesSerializer(serializers.Serializer):
    """A drawing as pen strokes. All sizes are in the units of the points."""

    strokes = StrokesField()
    width = SideField(help_text="Width of the canvas.")
    height = SideField(help_text="Height of the canvas.")
    pen_px = SideField(
        help_text=f"Width of the pen: at most the larger side of the canvas or of the strokes. Without `width` and "
        f"`height`, {PEN_ALLOWED_PX} is always allowed."
    )
    canvas = CanvasField(allow_null=True)
    expects = ExpectsField()
    may_train = MayTrainField()


class Base64ImageSerializer(serializers.Serializer):
    """An image in JSON: a PNG, JPEG or WebP in base64 (RFC 4648), without line breaks."""

    image = Base64Field()
    canvas = CanvasField(allow_null=True)
    expects = ExpectsField()
    may_train = MayTrainField()


DRAWING = PolymorphicProxySerializer(
    component_name="Drawing", serializers=[StrokesSerializer, Base64ImageSerializer], resource_type_field_name=None
)


class ImageFormSerializer(serializers.Serializer):
    """An image as a form field."""

    image = ImageFileField()
    canvas = CanvasField()
    expects = ExpectsFormField(required=False)
    may_train = serializers.BooleanField(required=False, help_text=MAY_TRAIN)
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a Field's attribute
        PICTURE_SOURCES, required=False, help_text="Where a person took the image from; without it, `api`."
    )


class ImagesFormSerializer(serializers.Serializer):
    """Images as repeated form fields."""

    image = serializers.ListField(child=ImageFileField(), min_length=1, max_length=settings.BATCH_ITEMS_LIMIT)
    expects = ExpectsFormField(required=False)
    may_train = serializers.BooleanField(required=False, help_text=MAY_TRAIN)


@extend_schema_serializer(component_name="Answer")
class ReviewSerializer(serializers.Serializer):
    """The digits, and signs if there are any, that the drawing really shows; "" if it shows no digit."""

    text = serializers.RegexField(REVIEW_TEXT, max_length=TEXT_LIMIT)


LISTED_SOURCES = [source for source in Source.values if source != Source.SHEET]
NO_SOURCE = '"{input}" is no source of drawings. Cells of sheets are listed by sheet=ID, the id of a sheet of yours.'


class FilterSerializer(serializers.Serializer):
    """Which submissions; those that match all of it."""

    status = serializers.ChoiceField(Status.values, required=False)
    text = serializers.RegexField(
        rf"^{WRITTEN}\Z",
        required=False,
        trim_whitespace=False,
        max_length=TEXT_LIMIT,
        help_text="Exactly this was read, or is written: digits, and signs if there are any.",
    )
    verdict = serializers.ChoiceField(VERDICTS, required=False)
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a Field's attribute
        LISTED_SOURCES, required=False, error_messages={"invalid_choice": NO_SOURCE}
    )
    batch = IdField(required=False)
    sheet = IdField(required=False, help_text="The cells of this sheet, which are left out otherwise.")
    since = serializers.DateTimeField(required=False, help_text="Created at this time or later.")
    until = serializers.DateTimeField(required=False, help_text="Created before this time.")
    min_confidence = ProbabilityField(required=False)
    max_confidence = ProbabilityField(required=False)


class ListQuerySerializer(FilterSerializer):
    """Which submissions to list."""

    limit = CountField(required=False, min_value=1, max_value=PAGE_LIMIT, default=PAGE_SIZE)
    cursor = CursorField(required=False, max_length=200, help_text="Where the page starts; taken from `next`.")
