"""The page on which people see what happened to their account, and its export."""

import json
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.audit.activity import Activity, all_activity, list_activity
from accounts.csv_lines import csv_lines
from accounts.cursors import InvalidCursor, make_cursor, read_cursor
from accounts.pages import user_of
from accounts.post_only import post_only

PAGE_SIZE = 25
CURSORS = "activity"
COLUMNS = ("at", "action", "what", "target", "by", "address", "device")
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@login_required
@never_cache
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """List the user's activity, newest first; `?before=CURSOR` lists what is older. Two queries for it."""
    user, before = user_of(request), request.GET.get("before")
    try:
        key = None if before is None else read_cursor(user, before, CURSORS)
    except InvalidCursor:
        raise Http404 from None
    found = list_activity(user, key, most=PAGE_SIZE + 1)
    shown, next_url = found[:PAGE_SIZE], None
    if len(found) > PAGE_SIZE:
        query = urlencode({"before": make_cursor(user, shown[-1].key, CURSORS)})
        next_url = f"{reverse('activity')}?{query}"
    return render(request, "accounts/activity.html", {"events": shown, "next_url": next_url})


@post_only("activity")
def export(request: HttpRequest) -> HttpResponseBase:
    """Send all of the user's activity as a file, CSV or JSON, and record that."""
    kind = request.POST.get("format", "")
    if kind not in FORMATS:
        return redirect("activity")
    user = user_of(request)
    audit.record(user, "activity.exported", user, format=kind)
    rows = all_activity(user)
    lines = csv_lines(COLUMNS, map(_cells, rows)) if kind == "csv" else _json_lines(rows)
    headers = {"Content-Disposition": f'attachment; filename="activity.{kind}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, content_type=FORMATS[kind], headers=headers)


def _cells(event: Activity) -> list[object]:
    return [getattr(event, name) for name in COLUMNS]


def _json_lines(rows: Iterable[Activity]) -> Iterator[str]:
    yield "["
    for place, event in enumerate(rows):
        row = dict(zip(COLUMNS, _cells(event), strict=True))
        yield (",\n" if place else "\n") + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
    yield "\n]\n"
