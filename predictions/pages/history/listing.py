"""The list of a user's submissions, newest first."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from predictions.models import Submission, SubmissionQuerySet
from predictions.models.submissions import RESTORABLE_FOR
from predictions.pages.access import own_submissions, user_of
from predictions.pages.history.filters import HistoryFilter

PAGE_SIZE = 24


@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """List the user's submissions, newest first; `?before=ID` lists those older than that one."""
    parameters = request.GET.dict()
    before = parameters.pop("before", None)
    parameters.pop("deleted", None)
    query = urlencode(parameters | ({} if before is None else {"before": before}))
    filters = HistoryFilter(parameters)
    rows = filters.apply(own_submissions(request).current()).newest_first()
    if before is not None:
        rows = _older_than(rows, own_submissions(request), before)
    found = list(rows.newest(PAGE_SIZE + 1) if filters.skips_many else rows[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    next_url = None
    if len(found) > PAGE_SIZE:
        next_url = f"{reverse('history')}?{urlencode(parameters | {'before': page[-1].id})}"
    context = {
        "submissions": page,
        "next_url": next_url,
        "filters": filters,
        "is_filtered": filters.has_filters,
        "opens_filters": filters.has_filters and not filters.batches,
        "batch": _count_batch(own_submissions(request), filters.batches),
        "undo": _find_restorable(request),
        "query": query,
    }
    return render(request, "predictions/history.html", context)


def _older_than(rows: SubmissionQuerySet, own: SubmissionQuerySet, before: str) -> SubmissionQuerySet:
    """Return the rows older than the user's own submission with the id `before`. Raises Http404."""
    try:
        return rows.filter(key__lt=own.only("key").get(id=uuid.UUID(before)).key)
    except (ValueError, Submission.DoesNotExist):
        raise Http404 from None


def _find_restorable(request: HttpRequest) -> dict[str, Any] | None:
    """Return the id of the submission that was just deleted, and the seconds left to restore it; or None."""
    try:
        id_ = uuid.UUID(request.GET.get("deleted", ""))
    except ValueError:
        return None
    left = ExpressionWrapper(F("deleted_at") + RESTORABLE_FOR - Now(), output_field=DurationField())
    rows = Submission.objects.restorable_by(user_of(request)).filter(id=id_).annotate(left=left)
    seconds = [duration.total_seconds() for duration in rows.values_list("left", flat=True)]
    return {"id": id_, "seconds": max(1, round(seconds[0]))} if seconds else None


def _count_batch(rows: SubmissionQuerySet, batches: list[uuid.UUID]) -> dict[str, int] | None:
    """Return how many submissions these batches hold and how many of them are finished; None without a batch."""
    if not batches:
        return None
    finished = Count("key", filter=Q(finished_at__isnull=False))
    return rows.filter(batch__in=batches).aggregate(count=Count("key"), finished=finished)
