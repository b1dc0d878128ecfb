"""The list of a user's sheets, in pages by encrypted cursors."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.cursors import InvalidCursor, make_cursor, read_cursor
from accounts.models import User
from predictions.api.listing import read_query
from predictions.api.request_serializers import PAGE_LIMIT, PAGE_SIZE, CountField
from predictions.api.sheets.bodies import listed_body
from predictions.models import SheetPage
from predictions.services.errors import Refused
from predictions.services.sheets.overview import sheets_of

CURSORS = "sheets"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


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
    rows = sheets_of(owner).order_by("-created_at").prefetch_related(pages)
    rows = rows.select_related("template").defer("template__form", "template__table")
    if "cursor" in asked:
        rows = rows.filter(created_at__lt=_read_cursor(owner, asked["cursor"]))
    found: list[Any] = list(rows[: asked["limit"] + 1])
    shown = found[: asked["limit"]]
    next_url = None
    if len(found) > len(shown):
        cursor = make_cursor(owner, (shown[-1].created_at - EPOCH) // MICROSECOND, CURSORS)
        next_url = f"{reverse('api-sheets')}?{urlencode({**request.query_params.dict(), 'cursor': cursor})}"
    return {"results": [listed_body(row, row.loaded_pages) for row in shown], "next": next_url}


def _read_cursor(owner: User, cursor: str) -> datetime:
    """Return the time before which the page begins: no two sheets of a user are stored in the same microsecond."""
    try:
        return EPOCH + read_cursor(owner, cursor, CURSORS) * MICROSECOND
    except (InvalidCursor, OverflowError):
        raise Refused("invalid_cursor", "This cursor is not valid. Start again without one.") from None
