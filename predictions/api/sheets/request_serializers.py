"""What clients send about sheets."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ml.sheets.template import MAX_TITLE_CHARS
from ml.types import MAX_TEXT_CHARS
from predictions.api.reading_serializers import ProbabilityField
from predictions.api.request_serializers import IdField
from predictions.api.sheets.forms import ColumnsField, SumsField
from predictions.models.sheets import MAX_PAGES
from predictions.services.sheets.checking import Action


@extend_schema_field({"type": "string", "format": "binary", "description": "A JPEG, PNG, WebP or PDF."})
class PageFileField(serializers.FileField):
    """A photograph or a PDF."""


@extend_schema_field({"type": "string", "format": "column-name", "maxLength": MAX_TITLE_CHARS})
class TitleField(serializers.CharField):
    """A title of printable characters."""


class CellChangeSerializer(serializers.Serializer):
    """What a person says of a cell."""

    action = serializers.ChoiceField(list(Action))
    text = serializers.CharField(
        required=False, max_length=MAX_TEXT_CHARS, help_text="What is written, for `type`; no other action has it."
    )
    seen = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_TEXT_CHARS,
        help_text="The value that the person saw: if the cell has another one by now, 409 and nothing changes.",
    )


class ThresholdSerializer(serializers.Serializer):
    """Which cells to accept."""

    threshold = ProbabilityField()


class ColumnsSerializer(serializers.Serializer):
    """The columns of an own table, from left to right."""

    title = TitleField(max_length=MAX_TITLE_CHARS)
    columns = ColumnsField()
    sums = SumsField(required=False)


class SheetTitleSerializer(serializers.Serializer):
    """What a sheet is called."""

    title = TitleField(max_length=MAX_TITLE_CHARS, allow_blank=True, help_text="Empty for the title of its template.")


class FilesSerializer(serializers.Serializer):
    """Photographs, or a PDF, as repeated form fields."""

    file = serializers.ListField(child=PageFileField(), min_length=1, max_length=MAX_PAGES)


class SheetFormSerializer(FilesSerializer):
    """Photographs of one sheet, as a form."""

    template = IdField(
        required=False, help_text="The version of the template that they are of; without it, their codes tell."
    )
    title = TitleField(required=False, max_length=MAX_TITLE_CHARS)
