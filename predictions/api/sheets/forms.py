"""The schema of a template's form, as clients send it; `ml.sheets.template` parses it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ml.sheets.template import (
    DEFAULT_ROW_MM,
    MAX_BOXES,
    MAX_COLUMNS,
    MAX_LABEL_CHARS,
    MAX_NAME_CHARS,
    MAX_ROW_MM,
    MAX_ROWS,
    MAX_SUMS,
    MAX_TITLE_CHARS,
    MAX_WIDTH,
    MIN_ROW_MM,
    MIN_WIDTH,
    ColumnKind,
    Paper,
    SumKind,
)
from predictions.api.schema.expectations import EXPECTS


def _text(limit: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": limit, **more}


def _closed(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_NAME = _text(MAX_NAME_CHARS, format="column-name")
_WIDTH = {"type": "number", "minimum": MIN_WIDTH, "maximum": MAX_WIDTH, "default": 1.0}
_PLACE = {"type": "integer", "minimum": 0, "maximum": MAX_COLUMNS - 1, "description": "The index of a column, from 0."}
_READ_COLUMN = _closed(
    ("name",),
    name=_NAME,
    kind={"type": "string", "enum": [ColumnKind.READ]},
    width=_WIDTH,
    expects=EXPECTS,
    boxes={
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_BOXES,
        "default": 0,
        "description": "How many boxes a cell has, a digit or sign each; 0 for an open cell.",
    },
)
_TEXT_COLUMN = _closed(
    ("name", "kind"), name=_NAME, kind={"type": "string", "enum": [ColumnKind.TEXT]}, width=_WIDTH
)  # fmt: skip
_LABEL_COLUMN = _closed(
    ("name", "kind"),
    name=_NAME,
    kind={"type": "string", "enum": [ColumnKind.LABEL]},
    width=_WIDTH,
    labels={
        "type": "array",
        "items": {"type": "string", "maxLength": MAX_LABEL_CHARS, "format": "column-name"},
        "maxItems": MAX_ROWS,
        "description": "The text printed in each row, from the first on; at most one a row.",
    },
)
COLUMNS = {
    "type": "array",
    "description": "At least one is read; no two have the same name.",
    "items": {"anyOf": [_READ_COLUMN, _TEXT_COLUMN, _LABEL_COLUMN]},
    "minItems": 1,
    "maxItems": MAX_COLUMNS,
}
_ROW_SUM = _closed(
    ("kind", "total", "parts"),
    kind={"type": "string", "enum": [SumKind.ROW]},
    total=_PLACE,
    parts={"type": "array", "items": _PLACE, "minItems": 1, "maxItems": MAX_COLUMNS},
)
_COLUMN_SUM = _closed(("kind", "total"), kind={"type": "string", "enum": [SumKind.COLUMN]}, total=_PLACE)
SUMS = {
    "type": "array",
    "description": "`row`: in each row the column `total` is the sum of the columns `parts`. `column`: a row of totals "
    "follows the last one, with the sum of the column `total`.",
    "items": {"anyOf": [_ROW_SUM, _COLUMN_SUM]},
    "maxItems": MAX_SUMS,
}
FORM = {
    **_closed(
        ("title", "rows", "columns"),
        title=_text(MAX_TITLE_CHARS, format="column-name"),
        paper={"type": "string", "enum": list(Paper), "default": Paper.A4},
        landscape={"type": "boolean", "default": False},
        rows={"type": "integer", "minimum": 1, "maximum": MAX_ROWS},
        row_mm={"type": "number", "minimum": MIN_ROW_MM, "maximum": MAX_ROW_MM, "default": DEFAULT_ROW_MM},
        columns=COLUMNS,
        sums=SUMS,
    ),
    "description": "The page to fill in.",
}


@extend_schema_field(FORM)
class TemplateFormField(serializers.JSONField):
    """A template."""


@extend_schema_field(COLUMNS)
class ColumnsField(serializers.JSONField):
    """Columns of an own table."""


@extend_schema_field(SUMS)
class SumsField(serializers.JSONField):
    """What adds up."""
