"""Requests and responses of exports: the one definition of their fields."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.settings import api_settings

from predictions.api.request_serializers import FilterSerializer, IdField
from predictions.api.serializers import FailureSerializer
from predictions.models import ExportFormat, Status

IDS_LIMIT = 1_000
WHICH_FORMAT = f"Send one of {', '.join(ExportFormat.values)}."
WHICH_FILTERS = "Send an object with filters as names and values, or leave it out to choose all."
WHICH_IDS = f"Send a list of 1 to {IDS_LIMIT:,} ids of drawings, or leave it out to choose all."


class StrictSerializer(serializers.Serializer):
    """An object without unknown fields: a filter that is spelled wrong must not choose all drawings."""

    default_error_messages = {"invalid": "Send a JSON object."}

    def to_internal_value(self, data: Any) -> Any:
        """Return the fields of an object. Raises ValidationError if one of them is unknown."""
        unknown = [] if not isinstance(data, dict) else [name for name in data if name not in self.fields]
        if unknown:
            message = f'"{unknown[0]}" is not known here. Known are {", ".join(self.fields)}.'
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [message]})
        return super().to_internal_value(data)


@extend_schema_serializer(component_name="Filters")
class ExportFilterSerializer(StrictSerializer, FilterSerializer):
    """Which submissions; those that match all of it."""


class ExportRequestSerializer(StrictSerializer):
    """What to export: all drawings that match `filters` and have one of these `ids`, as far as they are given."""

    format = serializers.ChoiceField(
        ExportFormat.values,
        error_messages=dict.fromkeys(("required", "null", "invalid_choice"), WHICH_FORMAT),
        help_text="`everything` is a ZIP file of all that is kept about you; it takes no filters and no ids. `sheet` "
        "is a workbook of the sheet in `sheet`: values, and on a second page the picture and confidence of each cell.",
    )
    filters = ExportFilterSerializer(required=False, error_messages=dict.fromkeys(("invalid", "null"), WHICH_FILTERS))
    ids = serializers.ListField(
        child=IdField(error_messages={"invalid": "This is not an id of a drawing."}),
        required=False,
        min_length=1,
        max_length=IDS_LIMIT,
        error_messages=dict.fromkeys(("not_a_list", "min_length", "max_length", "null"), WHICH_IDS),
        help_text="Those that you do not have are left out.",
    )
    sheet = IdField(
        required=False,
        error_messages={"invalid": "This is not an id of a sheet.", "null": "This is not an id of a sheet."},
        help_text="The sheet to export, for the format `sheet`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse filters and ids for everything, and a sheet for anything but its format."""
        is_sheet = attrs["format"] == ExportFormat.SHEET
        if is_sheet != ("sheet" in attrs) or (is_sheet and len(attrs) > 2):
            raise serializers.ValidationError(["Send the format sheet with the id of a sheet, and nothing else."])
        if attrs["format"] == ExportFormat.EVERYTHING and len(attrs) > 1:
            raise serializers.ValidationError(["everything is always whole: Send it without filters and ids."])
        return attrs


class ExportSerializer(serializers.Serializer):
    """An export, and where its file is once it is written."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of the export.")
    file = serializers.CharField(allow_null=True, help_text="The path of the file; null until it is written.")
    format = serializers.ChoiceField(ExportFormat.values)
    status = serializers.ChoiceField(Status.values)
    sheet = serializers.UUIDField(
        allow_null=True, help_text="Of which sheet it is; `total` and `done` count its cells."
    )
    total = serializers.IntegerField(min_value=0, help_text="How many drawings were chosen when it was requested.")
    done = serializers.IntegerField(
        min_value=0,
        help_text="How many of them are written; once it has succeeded, those that are missing were deleted meanwhile.",
    )
    bytes = serializers.IntegerField(min_value=0, help_text="How much is stored; counts toward what you may keep.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the file is deleted; null until finished.")
    error = FailureSerializer(allow_null=True)


class ExportListSerializer(serializers.Serializer):
    """Your exports, newest first."""

    results = ExportSerializer(many=True)
