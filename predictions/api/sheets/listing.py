"""The list of a user's sheets, in pages by encrypted cursors."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import User
from predictions.api.listing import page_by_time, read_query
from predictions.api.request_serializers import PAGE_LIMIT, PAGE_SIZE, CountField
from predictions.api.sheets.bodies import listed_body
from predictions.models import SheetPage
from predictions.services.sheets.overview import sheets_of

CURSORS = "sheets"


@extend_schema_field({"type": "string", "format": "sheet-cursor"})
class SheetCursorField(serializers.CharField):
    """Where a page of the list begins."""


class SheetQuerySerializer(serializers.Serializer):
    """Which page of the list."""

    limit = CountField(required=False, min_value=1, max_value=PAGE_LIMIT, default=PAGE_SIZE)
    cursor = SheetCursorField(required=False, max_length=200, help_text="Where the page starts; taken from `next`.")


def list_page(request: Request, owner: User) -> dict[str, Any]:
    """Return a page of `owner`'s sheets, newest first, and the path of the next. Two queries. Raises Refused."""
    asked = read_query(request, SheetQuerySerializer)
    pages = Prefetch("pages", SheetPage.objects.defer("table", "quality"), to_attr="loaded_pages")
    rows = sheets_of(owner).select_related("template").defer("template__form", "template__table")
    shown: list[Any]
    shown, next_url = page_by_time(request, owner, rows.prefetch_related(pages), asked, CURSORS)
    return {"results": [listed_body(row, row.loaded_pages) for row in shown], "next": next_url}
