"""The drawings before and after one in the history, within the filters that the address carries."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from predictions.models import Submission, SubmissionQuerySet
from predictions.pages.access import own_submissions
from predictions.pages.history.filters import HistoryFilter

OF_MESSAGES = ("deleted",)  # what the history's address says once


def query_of(request: HttpRequest) -> str:
    """Return the history's query, which the page of a drawing carries on: filters, and where the list was."""
    query = request.GET.copy()
    for name in OF_MESSAGES:
        query.pop(name, None)
    return query.urlencode()


def redirect_to_item(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Redirect to the page of a drawing, with the history's query."""
    query = query_of(request)
    return redirect(f"{submission.get_absolute_url()}?{query}" if query else submission.get_absolute_url())


def find_neighbors(request: HttpRequest, submission: Submission) -> dict[str, Any]:
    """Return the URLs of the history, and of the next newer and the next older drawing in it, or None. Two queries.

    A cell of a sheet is not in the history, so it has neither.
    """
    query = query_of(request)
    suffix = f"?{query}" if query else ""
    rows = HistoryFilter(request.GET).apply(own_submissions(request).current())
    is_cell = submission.sheet_id is not None
    newer = None if is_cell else _id_of_first(rows.filter(key__gt=submission.key), "key")
    older = None if is_cell else _id_of_first(rows.filter(key__lt=submission.key), "-key")
    return {
        "history_url": reverse("history") + suffix,
        "newer_url": newer and reverse("item", args=[newer]) + suffix,
        "older_url": older and reverse("item", args=[older]) + suffix,
    }


def _id_of_first(rows: SubmissionQuerySet, order: str) -> Any:
    """Return the id of the first row, which is chosen from an index before it is fetched; or None.

    Indexes of filters may hold what is finished alone, so the few others are looked for apart.
    """
    done, others = rows.filter(finished_at__isnull=False), rows.unfinished()
    keys = [part.order_by(order).values("key")[:1] for part in (done, others)]
    found = Submission.objects.filter(key__in=keys[0].union(keys[1], all=True))
    return found.order_by(order).values_list("id", flat=True).first()
