"""The page of one submission, and the actions on it."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.post_only import act_of
from predictions import lifecycle, tasks
from predictions.models import Drawing, ErrorCode, Role, Submission
from predictions.pages.access import own_submissions, user_of
from predictions.pages.forms import AnswerForm
from predictions.pages.jobs import errands_of
from predictions.services.readings import own_reading, readings_of, result_body, thumbnail_of
from predictions.services.review import NotAReview, review_submission

PRIVATE = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}


@require_safe
@login_required
def item(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show one of one's own submissions; a stranger's is missing."""
    submission = get_object_or_404(own_submissions(request).select_related("drawing").defer("drawing__image"), id=id_)
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
    """Return a drawing as a page needs it: its strokes, or where its image is once a worker stored it."""
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
    """Return the small picture of one of one's own drawings, once a worker made it."""
    data = thumbnail_of(get_object_or_404(own_submissions(request).only("key"), id=id_))
    if not data:
        raise Http404
    return HttpResponse(data, content_type="image/png", headers=PRIVATE)


@require_safe
@login_required
def image(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Return the re-encoded copy of an image one sent; never the bytes as they came."""
    drawing = get_object_or_404(
        Drawing.objects.only("image", "image_type"),
        submission__in=own_submissions(request).filter(id=id_),
        is_original=False,
    )
    if not drawing.image:
        raise Http404
    return HttpResponse(bytes(drawing.image), content_type=drawing.image_type, headers=PRIVATE)


@act_of("item", "id_")
def review(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Record what its owner says of a reading."""
    submission = get_object_or_404(own_submissions(request).finished(), id=id_)
    form = AnswerForm(request.POST)
    try:
        if not form.is_valid():
            raise NotAReview(next(iter(form.errors.values()))[0])
        if form.cleaned_data["answer"] == "right" and not submission.text:
            raise NotAReview(_("Nothing was read here that could be right."))
        texts = {"right": submission.text, "no_digit": "", "wrong": form.cleaned_data["text"]}
        review_submission(submission, user_of(request), texts[form.cleaned_data["answer"]], Role.OWNER)
        messages.success(request, _("Thank you. What you said is kept with the drawing."))
    except NotAReview as error:
        messages.error(request, str(error))
    return redirect(submission)


@act_of("item", "id_")
def retry(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Queue a submission again whose failure was ours."""
    submission = get_object_or_404(own_submissions(request), id=id_)
    if lifecycle.retry(submission):
        tasks.wake_worker(submission.lane)
    else:
        messages.info(request, _("This cannot be tried again."))
    return redirect(submission)
