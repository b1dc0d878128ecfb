"""The list of a user's submissions, newest first, by day."""

import uuid
from datetime import date, tzinfo
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from predictions.models import Submission, SubmissionQuerySet
from predictions.models.submissions.conditions import RESTORABLE_FOR
from predictions.pages.access import own_submissions, user_of
from predictions.pages.history.address import GALLERY, LIST, chosen_view, keep_view, read_address
from predictions.pages.history.filters import HistoryFilter
from predictions.pages.history.selection import describe_selection, find_restorable_deletion

PAGE_SIZE = 24


@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """List the user's submissions, newest first; `?before=ID` lists those older than that one.

    An ID that is not, or no longer, one of the user's lists the newest, like no ID.
    """
    address = read_address(request)
    filters, before = address.filters, _key_of(request, address.page.get("before"))
    if before is None:
        address = address._replace(page={})
    found = _find(own_submissions(request), filters, before)
    page = found[:PAGE_SIZE]
    context = {
        "submissions": page,
        "days": _by_day(page, filters.time_zone),
        "next_url": address.with_(before=str(page[-1].id)) if len(found) > PAGE_SIZE else None,
        "newest_url": address.with_(),
        "filters": filters,
        "is_filtered": filters.has_filters,
        "opens_filters": filters.opens,
        "chips": address.chips,
        "cleared_url": address.cleared,
        "view": chosen_view(request, address),
        "view_urls": {LIST: address.viewed_as(LIST), GALLERY: address.viewed_as(GALLERY)},
        "batch": _count_batch(own_submissions(request), filters.batches),
        "undo": _find_restorable(request),
        "query": address.query,
        "selection": describe_selection(request, page),
    }
    response = render(request, "predictions/history.html", context)
    keep_view(response, address)
    return response


def _find(own: SubmissionQuerySet, filters: HistoryFilter, before: int | None) -> list[Submission]:
    """Return a page of the user's submissions that match, and one more if there are more."""
    rows = filters.apply(own.current())
    if before is not None:
        rows = rows.filter(key__lt=before)
    return list(filters.newest(rows, own, PAGE_SIZE + 1))


def _key_of(request: HttpRequest, id_: str | None) -> int | None:
    """Return the key of the user's own submission with this id, deleted or not; or None if there is none."""
    if id_ is None:
        return None
    try:
        rows = Submission.objects.filter(owner=user_of(request), id=uuid.UUID(id_))
    except ValueError:
        return None
    return rows.values_list("key", flat=True).first()


def _by_day(rows: list[Submission], zone: tzinfo) -> list[tuple[date, list[Submission]]]:
    """Return the rows by day: in the zone that the address names, or in UTC until a script regroups them."""
    return [(day, list(of_day)) for day, of_day in groupby(rows, lambda row: row.created_at.astimezone(zone).date())]


def _find_restorable(request: HttpRequest) -> dict[str, Any] | None:
    """Return where to restore what was just deleted, and the seconds left for that; or None."""
    try:
        id_ = uuid.UUID(request.GET.get("deleted", ""))
    except ValueError:
        return None
    left = ExpressionWrapper(F("deleted_at") + RESTORABLE_FOR - Now(), output_field=DurationField())
    rows = Submission.objects.restorable_by(user_of(request)).filter(id=id_).annotate(left=left)
    seconds = [duration.total_seconds() for duration in rows.values_list("left", flat=True)]
    if not seconds:
        return find_restorable_deletion(request, id_)
    return {"id": id_, "url": reverse("restore", args=[id_]), "seconds": max(1, round(seconds[0]))}


def _count_batch(rows: SubmissionQuerySet, batches: list[uuid.UUID]) -> dict[str, int] | None:
    """Return how many submissions these batches hold and how many of them are finished; None without a batch."""
    if not batches:
        return None
    finished = Count("key", filter=Q(finished_at__isnull=False))
    return rows.filter(batch__in=batches).aggregate(count=Count("key"), finished=finished)
