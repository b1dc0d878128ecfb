"""Requests and responses of exports: the one definition of their fields."""

from rest_framework import serializers

from predictions.api.request_serializers import FilterSerializer
from predictions.api.serializers import FailureSerializer
from predictions.models import ExportFormat, Status

IDS_LIMIT = 1_000


class ExportRequestSerializer(serializers.Serializer):
    """What to export: all drawings that match `filters` and have one of these `ids`, as far as they are given."""

    format = serializers.ChoiceField(
        ExportFormat.values,
        help_text="`everything` is a ZIP file of all that is kept about you, whatever the filters and ids.",
    )
    filters = FilterSerializer(required=False)
    ids = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=IDS_LIMIT,
        help_text="Those that you do not have are left out.",
    )


class ExportSerializer(serializers.Serializer):
    """An export, and where its file is once it is written."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of the export.")
    file = serializers.CharField(allow_null=True, help_text="The path of the file; null until it is written.")
    format = serializers.ChoiceField(ExportFormat.values)
    status = serializers.ChoiceField(Status.values)
    total = serializers.IntegerField(min_value=0, help_text="How many drawings were chosen when it was requested.")
    done = serializers.IntegerField(min_value=0, help_text="How many of them are written.")
    bytes = serializers.IntegerField(min_value=0, help_text="How much is stored; counts to what you may keep.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the file is deleted; null until finished.")
    error = FailureSerializer(allow_null=True)


class ExportListSerializer(serializers.Serializer):
    """Your exports, newest first."""

    results = ExportSerializer(many=True)
