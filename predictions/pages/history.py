"""Pages about what one gave: the history, one item, and what may be done with it."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.post_only import act_of
from predictions.models import Submission, SubmissionQuerySet
from predictions.models.submissions import RESTORABLE_FOR
from predictions.pages.access import own_submissions, user_of
from predictions.pages.forms import HistoryFilter

PAGE_SIZE = 24


def _after(rows: SubmissionQuerySet, mine: SubmissionQuerySet, before: str) -> SubmissionQuerySet:
    """Return those of `rows` that are older than one's own submission `before`. Raises Http404."""
    try:
        return rows.filter(key__lt=mine.only("key").get(id=uuid.UUID(before)).key)
    except (ValueError, Submission.DoesNotExist):
        raise Http404 from None


def _undo(request: HttpRequest) -> dict[str, Any] | None:
    """Return the submission that was deleted a moment ago, and for how long it may be restored."""
    try:
        id_ = uuid.UUID(request.GET.get("deleted", ""))
    except ValueError:
        return None
    left = ExpressionWrapper(F("deleted_at") + RESTORABLE_FOR - Now(), output_field=DurationField())
    rows = Submission.objects.restorable_by(user_of(request)).filter(id=id_).annotate(left=left)
    seconds = [duration.total_seconds() for duration in rows.values_list("left", flat=True)]
    return {"id": id_, "seconds": max(1, round(seconds[0]))} if seconds else None


def _back(request: HttpRequest, **more: str) -> HttpResponse:
    """Lead to the history as it was narrowed before: its forms carry that along in their addresses."""
    query = urlencode(request.GET.dict() | more)
    return redirect(f"{reverse('history')}?{query}" if query else "history")


@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """Show one's own submissions, newest first, PAGE_SIZE a page; `?before=ID` continues after that one."""
    asked = request.GET.dict()
    before = asked.pop("before", None)
    asked.pop("deleted", None)
    query = urlencode(asked | ({} if before is None else {"before": before}))
    filters = HistoryFilter(asked)
    rows = filters.narrow(own_submissions(request).current()).newest_first()
    if before is not None:
        rows = _after(rows, own_submissions(request), before)
    found = list(rows[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    next_url = None
    if len(found) > PAGE_SIZE:
        next_url = f"{reverse('history')}?{urlencode(asked | {'before': page[-1].id})}"
    context = {
        "submissions": page,
        "next_url": next_url,
        "filters": filters,
        "is_filtered": filters.is_asked,
        "undo": _undo(request),
        "query": query,
    }
    return render(request, "predictions/history.html", context)


@act_of("history")
def delete(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Hide one of one's own submissions; it can come back for a moment, then it is forgotten.

    One that is not there is said to be deleted already, as by another tab: a stranger's alike.
    """
    if not own_submissions(request).filter(id=id_).update(deleted_at=Now()):
        messages.info(request, _("This is deleted already."))
        return _back(request)
    return _back(request, deleted=str(id_))


@act_of("history")
def restore(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Bring a submission back that was deleted a moment ago."""
    restored = Submission.objects.restorable_by(user_of(request)).filter(id=id_).update(deleted_at=None)
    if restored or own_submissions(request).filter(id=id_).exists():
        messages.success(request, _("It is back."))
    else:
        messages.info(request, _("It is too late to bring this back."))
    return _back(request)
