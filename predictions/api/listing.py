"""The list of a user's submissions: filters, and pages by encrypted cursors, so that no row is repeated or skipped."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.settings import api_settings

from accounts.cursors import InvalidCursor, make_cursor, read_cursor
from accounts.models import User
from predictions.api.request_serializers import ListQuerySerializer
from predictions.api.responses import listed_body
from predictions.models import SheetCell, Submission, SubmissionQuerySet
from predictions.services.errors import Refused

M = TypeVar("M", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LOOKUPS = {
    "status": "status",
    "verdict": "verdict",
    "source": "source",
    "batch": "batch",
    "since": "created_at__gte",
    "until": "created_at__lt",
    "min_confidence": "confidence__gte",
    "max_confidence": "confidence__lte",
}
OF_THE_WHOLE = api_settings.NON_FIELD_ERRORS_KEY  # where a serializer puts errors that are of no single field
SKIPPING = ("text", "since", "until")  # may skip many rows, and have no index of their own


def list_page(request: Request, owner: User) -> dict[str, Any]:
    """Return a page of `owner`'s submissions, newest first, and the path of the next. One query. Raises Refused."""
    asked = read_query(request, ListQuerySerializer)
    rows = matching(Submission.objects.of(owner), asked)
    if "cursor" in asked:
        rows = rows.filter(key__lt=_read_cursor(owner, asked["cursor"]))
    count = asked["limit"] + 1
    found = list(rows.newest_first()[:count] if asked.keys().isdisjoint(SKIPPING) else rows.newest(count))
    shown = found[: asked["limit"]]
    next_url = None
    if len(found) > len(shown):
        query = {**request.query_params.dict(), "cursor": make_cursor(owner, shown[-1].key)}
        next_url = f"{reverse('api-submissions')}?{urlencode(query)}"
    return {"results": [listed_body(row) for row in shown], "next": next_url}


def matching(rows: SubmissionQuerySet, asked: dict[str, Any]) -> SubmissionQuerySet:
    """Return those of `rows` that lists show and that match filters, which `FilterSerializer` has checked."""
    if "sheet" in asked:
        rows = rows.filter(
            deleted_at=None, pk__in=SheetCell.objects.filter(page__sheet=asked["sheet"]).values("submission")
        )
    else:
        rows = rows.current()
    rows = rows.filter(**{lookup: asked[name] for name, lookup in LOOKUPS.items() if name in asked})
    return rows.reading(asked["text"]) if "text" in asked else rows


def read_query(request: Request, kind: type[serializers.Serializer]) -> dict[str, Any]:
    """Return the parameters of a request, checked by a serializer. Raises Refused."""
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise Refused("invalid", f"{name}: Send this parameter only once.")
    known = kind().fields
    if unknown := [name for name in request.query_params if name not in known]:
        raise Refused("invalid", f"{unknown[0][:40]} is not known here. Known are {', '.join(known)}.")
    query = kind(data=request.query_params.dict())
    if not query.is_valid():
        name, messages = next(iter(query.errors.items()))
        raise Refused("invalid", f"{name}: {first_message(messages)}")
    return dict(query.validated_data)


def read_body(request: Request, kind: type[serializers.Serializer], *, partial: bool = False) -> dict[str, Any]:
    """Return the JSON object of a request, checked by a serializer; `partial` requires no field. Raises Refused."""
    given = kind(data=request.data if isinstance(request.data, dict) else [], partial=partial)
    if not given.is_valid():
        name, messages = next(iter(given.errors.items()))
        where = "" if name == OF_THE_WHOLE else f"{name}: "
        raise Refused("invalid", where + first_message(messages))
    return dict(given.validated_data)


def page_by_time(
    request: Request, owner: User, rows: QuerySet[M], asked: dict[str, Any], kind: str
) -> tuple[list[M], str | None]:
    """Return a page of rows with `created_at`, newest first, and the path of the next. Raises Refused.

    asked: the parameters `limit` and `cursor`, checked.
    kind: of the list, which takes no cursors of others. No two of its rows are stored in the same microsecond.
    """
    if "cursor" in asked:
        rows = rows.filter(created_at__lt=_read_time(owner, asked["cursor"], kind))
    found: list[Any] = list(rows.order_by("-created_at")[: asked["limit"] + 1])
    shown = found[: asked["limit"]]
    if len(found) == len(shown):
        return shown, None
    cursor = make_cursor(owner, (shown[-1].created_at - EPOCH) // MICROSECOND, kind)
    return shown, f"{request.path}?{urlencode({**request.query_params.dict(), 'cursor': cursor})}"


def first_message(messages: Any) -> str:
    """Return the first error message of a field, which may hold fields or items of its own."""
    while isinstance(messages, dict):
        name, messages = next(iter(messages.items()))
        if not isinstance(messages, dict) and name != OF_THE_WHOLE:
            messages = [f"{name}: {messages[0]}"]
    return str(messages[0])


def _read_cursor(owner: User, cursor: str) -> int:
    """Return the key after which the page begins. Raises Refused."""
    try:
        return read_cursor(owner, cursor)
    except InvalidCursor:
        raise _invalid_cursor() from None


def _read_time(owner: User, cursor: str, kind: str) -> datetime:
    """Return the time before which the page begins. Raises Refused."""
    try:
        return EPOCH + read_cursor(owner, cursor, kind) * MICROSECOND
    except (InvalidCursor, OverflowError):
        raise _invalid_cursor() from None


def _invalid_cursor() -> Refused:
    return Refused("invalid_cursor", "This cursor is not valid. Start again without one.")
