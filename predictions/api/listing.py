"""The list of one's submissions: filters, and pages by a signed cursor, so that none is shown twice or left out."""

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import User
from ml.types import Verdict
from predictions.api.serializers import listed_body
from predictions.models import Source, Status, Submission, SubmissionQuerySet
from predictions.services.errors import Refused

PAGE_SIZE = 50
PAGE_LIMIT = 100
COLUMNS = {
    "status": "status",
    "text": "text",
    "verdict": "verdict",
    "source": "source",
    "batch": "batch",
    "since": "created_at__gte",
    "until": "created_at__lt",
    "min_confidence": "confidence__gte",
    "max_confidence": "confidence__lte",
}


class ListQuery(serializers.Serializer):
    """Which of one's submissions are asked for."""

    status = serializers.ChoiceField(Status.values, required=False)
    text = serializers.RegexField(
        r"^[0-9]{1,16}\Z", required=False, trim_whitespace=False, help_text="Exactly these digits were read."
    )
    verdict = serializers.ChoiceField([str(verdict) for verdict in Verdict], required=False)
    source = serializers.ChoiceField(Source.values, required=False)  # type: ignore[assignment]  # a Field's own word
    batch = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False, help_text="Created then or later.")
    until = serializers.DateTimeField(required=False, help_text="Created before then.")
    min_confidence = serializers.FloatField(required=False, min_value=0, max_value=1)
    max_confidence = serializers.FloatField(required=False, min_value=0, max_value=1)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=PAGE_LIMIT, default=PAGE_SIZE)
    cursor = serializers.CharField(required=False, max_length=200, help_text="as `next` gave it")


def page(request: Request, owner: User) -> dict[str, Any]:
    """Return a page of `owner`'s submissions, newest first, and where the next one is. One query. Raises Refused."""
    query = ListQuery(data=request.query_params.dict())
    if not query.is_valid():
        name, messages = next(iter(query.errors.items()))
        raise Refused("invalid", f"{name}: {messages[0]}")
    asked: dict[str, Any] = query.validated_data
    rows: SubmissionQuerySet = Submission.objects.of(owner).current()
    rows = rows.filter(**{column: asked[name] for name, column in COLUMNS.items() if name in asked})
    if "cursor" in asked:
        rows = rows.filter(key__lt=_read_cursor(owner, asked["cursor"]))
    found = list(rows.newest_first()[: asked["limit"] + 1])
    shown = found[: asked["limit"]]
    next_url = None
    if len(found) > len(shown):
        here = {**request.query_params.dict(), "cursor": _make_cursor(owner, shown[-1].key)}
        next_url = f"{reverse('api-submissions')}?{urlencode(here)}"
    return {"results": [listed_body(row) for row in shown], "next": next_url}


def _signer(owner: User) -> Signer:
    return Signer(salt=f"cursor of {owner.pk}")


def _make_cursor(owner: User, key: int) -> str:
    return base64.urlsafe_b64encode(_signer(owner).sign(str(key)).encode()).decode().rstrip("=")


def _read_cursor(owner: User, cursor: str) -> int:
    """Return the key after which a page begins. Raises Refused."""
    try:
        signed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return int(_signer(owner).unsign(signed))
    except (binascii.Error, ValueError, BadSignature):
        raise Refused("invalid_cursor", "This cursor is not one of ours. Begin without it.") from None
