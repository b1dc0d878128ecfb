"""Pages: draw, history, one reading."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from predictions.models import Drawing, Status, Submission, SubmissionQuerySet
from predictions.web.serializers import error_body, newest_prediction, result_body

PAGE_SIZE = 24


def _mine(request: HttpRequest) -> SubmissionQuerySet:
    assert isinstance(request.user, User)  # noqa: S101 (login_required)
    return Submission.objects.of(request.user)


@require_safe
@login_required
def draw(request: HttpRequest) -> HttpResponse:
    """Show the canvas."""
    return render(request, "predictions/draw.html")


@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """Show one's own submissions, newest first, PAGE_SIZE a page; `?before=ID` continues after that one."""
    rows = _mine(request).current().newest_first()
    if before := request.GET.get("before"):
        try:
            last = _mine(request).only("key").get(id=uuid.UUID(before))
        except (ValueError, Submission.DoesNotExist):
            raise Http404 from None
        rows = rows.filter(key__lt=last.key)
    found = list(rows[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    next_url = f"{reverse('history')}?before={page[-1].id}" if len(found) > PAGE_SIZE else None
    context = {"submissions": page, "next_url": next_url}
    return render(request, "predictions/history.html", context)


@require_safe
@login_required
def item(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show one of one's own submissions; a stranger's is missing."""
    submission = get_object_or_404(_mine(request), id=id_)
    prediction = newest_prediction(submission) if submission.status == Status.SUCCEEDED else None
    error = error_body(submission)
    context = {
        "submission": submission,
        "result": result_body(prediction) if prediction else None,
        "error_message": error["message"] if error else None,
    }
    return render(request, "predictions/item.html", context)


@require_safe
@login_required
def thumbnail(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Give the small picture of one of one's own drawings, once a worker made it."""
    submission = get_object_or_404(_mine(request).only("key"), id=id_)
    data = Drawing.objects.filter(submission=submission).values_list("thumbnail", flat=True).first()
    if not data:
        raise Http404
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(data), content_type="image/png", headers=headers)
