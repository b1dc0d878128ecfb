"""Pages about what one gave: the history, one item, and what may be done with it."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.acts import act_of
from accounts.models import User
from predictions import lifecycle, tasks
from predictions.models import Drawing, ErrorCode, Role, Submission, SubmissionQuerySet
from predictions.models.submissions import RESTORABLE_FOR
from predictions.web.forms import AnswerForm, HistoryFilter
from predictions.web.item import errands_of
from predictions.web.review import NotAReview, review_submission
from predictions.web.serializers import own_reading, readings_of, result_body

PAGE_SIZE = 24
PRIVATE = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (login_required)
    return request.user


def _mine(request: HttpRequest) -> SubmissionQuerySet:
    return Submission.objects.of(_user(request))


def _after(rows: SubmissionQuerySet, mine: SubmissionQuerySet, before: str) -> SubmissionQuerySet:
    """Give those of `rows` that are older than one's own submission `before`. Raises Http404."""
    try:
        return rows.filter(key__lt=mine.only("key").get(id=uuid.UUID(before)).key)
    except (ValueError, Submission.DoesNotExist):
        raise Http404 from None


def _undo(request: HttpRequest) -> dict[str, Any] | None:
    """Give the submission that was deleted a moment ago, and for how long it may be restored."""
    try:
        id_ = uuid.UUID(request.GET.get("deleted", ""))
    except ValueError:
        return None
    left = ExpressionWrapper(F("deleted_at") + RESTORABLE_FOR - Now(), output_field=DurationField())
    rows = Submission.objects.restorable_by(_user(request)).filter(id=id_).annotate(left=left)
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
    rows = filters.narrow(_mine(request).current()).newest_first()
    if before is not None:
        rows = _after(rows, _mine(request), before)
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


@require_safe
@login_required
def item(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show one of one's own submissions; a stranger's is missing."""
    submission = get_object_or_404(_mine(request).select_related("drawing").defer("drawing__image"), id=id_)
    readings = [] if submission.finished_at is None else readings_of(submission)
    own = own_reading(submission, readings)
    context = {
        "submission": submission,
        "result": result_body(own) if own else None,
        "errands": None if submission.finished_at is None else errands_of(submission, readings),
        "error_message": ErrorCode(submission.error_code).label if submission.error_code else None,
        "can_retry": lifecycle.is_retryable(submission),
        "drawing": _drawing_body(submission),
    }
    return render(request, "predictions/item.html", context)


def _drawing_body(submission: Submission) -> dict[str, Any]:
    """Give a drawing as a page needs it: its strokes, or where its image is once a worker stored it."""
    drawing: Drawing = submission.drawing
    has_image = drawing.strokes is None and bool(drawing.image_type) and not drawing.is_original
    return {
        "strokes": drawing.strokes,
        "width": drawing.width,
        "height": drawing.height,
        "pen_px": drawing.pen_px,
        "image_url": reverse("submission-image", args=[submission.id]) if has_image else None,
    }


@require_safe
@login_required
def thumbnail(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Give the small picture of one of one's own drawings, once a worker made it."""
    return thumbnail_of(get_object_or_404(_mine(request).only("key"), id=id_))


def thumbnail_of(submission: Submission) -> HttpResponse:
    """Answer with a drawing's small picture. Raises Http404 until a worker made it."""
    data = Drawing.objects.filter(submission=submission).values_list("thumbnail", flat=True).first()
    if not data:
        raise Http404
    return HttpResponse(bytes(data), content_type="image/png", headers=PRIVATE)


@require_safe
@login_required
def image(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Give the re-encoded copy of an image one sent; never the bytes as they came."""
    drawing = get_object_or_404(
        Drawing.objects.only("image", "image_type"), submission__in=_mine(request).filter(id=id_), is_original=False
    )
    if not drawing.image:
        raise Http404
    return HttpResponse(bytes(drawing.image), content_type=drawing.image_type, headers=PRIVATE)


@act_of("item", "id_")
def review(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Record what its owner says of a reading."""
    submission = get_object_or_404(_mine(request).finished(), id=id_)
    form = AnswerForm(request.POST)
    try:
        if not form.is_valid():
            raise NotAReview(next(iter(form.errors.values()))[0])
        if form.cleaned_data["answer"] == "right" and not submission.text:
            raise NotAReview(_("Nothing was read here that could be right."))
        texts = {"right": submission.text, "no_digit": "", "wrong": form.cleaned_data["text"]}
        review_submission(submission, _user(request), texts[form.cleaned_data["answer"]], Role.OWNER)
        messages.success(request, _("Thank you. What you said is kept with the drawing."))
    except NotAReview as error:
        messages.error(request, str(error))
    return redirect(submission)


@act_of("item", "id_")
def retry(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Queue a submission again whose failure was ours."""
    submission = get_object_or_404(_mine(request), id=id_)
    if lifecycle.retry(submission):
        tasks.ring(submission.lane)
    else:
        messages.info(request, _("This cannot be tried again."))
    return redirect(submission)


@act_of("history")
def delete(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Hide one of one's own submissions; it can come back for a moment, then it is forgotten.

    One that is not there is said to be deleted already, as by another tab: a stranger's alike.
    """
    if not _mine(request).filter(id=id_).update(deleted_at=Now()):
        messages.info(request, _("This is deleted already."))
        return _back(request)
    return _back(request, deleted=str(id_))


@act_of("history")
def restore(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Bring a submission back that was deleted a moment ago."""
    restored = Submission.objects.restorable_by(_user(request)).filter(id=id_).update(deleted_at=None)
    if restored or _mine(request).filter(id=id_).exists():
        messages.success(request, _("It is back."))
    else:
        messages.info(request, _("It is too late to bring this back."))
    return _back(request)
