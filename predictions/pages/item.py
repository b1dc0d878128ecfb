"""The page of one submission, its images, and the actions on it."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.post_only import post_only
from predictions import lifecycle, metrics
from predictions.models import Drawing, ErrorCode, Role, Submission
from predictions.models.submissions import SAYABLE
from predictions.pages.access import own_submissions, user_of
from predictions.pages.errors import refusal_message
from predictions.pages.forms import AnswerForm
from predictions.pages.jobs import describe_jobs
from predictions.services import quotas
from predictions.services.errors import Refused
from predictions.services.readings import label_body, own_reading, readings_of, result_body, thumbnail_of
from predictions.services.review import InvalidReview, review_submission, withdraw_review

ALTERNATIVES_SHOWN = 4
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@require_safe
@login_required
def item(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show one of the user's submissions; those of others are not found."""
    submission = get_object_or_404(own_submissions(request).select_related("drawing").defer("drawing__image"), id=id_)
    readings = [] if submission.finished_at is None else readings_of(submission)
    own = own_reading(submission, readings)
    result = result_body(own, submission) if own else None
    context = {
        "submission": submission,
        "result": result,
        "shown": _shown_body(submission, result) if result else None,
        "alternatives": _other_texts(submission, result) if result else [],
        "jobs": None if submission.finished_at is None else describe_jobs(submission, readings),
        "error_message": ErrorCode(submission.error_code).label if submission.error_code else None,
        "can_retry": lifecycle.is_retryable(submission),
        "drawing": _drawing_body(submission),
        "is_paused": submission.finished_at is None and metrics.is_paused(submission.lane),
    }
    return render(request, "predictions/item.html", context)


def _shown_body(submission: Submission, result: dict[str, Any]) -> dict[str, Any]:
    """Return what js/item.js needs of a submission that was read, as the API has it."""
    return {
        "url": reverse("api-submission", args=[submission.id]),
        "result": result,
        "expects": submission.expects,
        "label": label_body(submission),
    }


def _other_texts(submission: Submission, result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alternatives that can be picked with one press."""
    known = {"", submission.shown_text, submission.label}
    sayable = [one for one in result["alternatives"] if SAYABLE.issuperset(one["text"])]
    return [one for one in sayable if one["text"] not in known][:ALTERNATIVES_SHOWN]


def _drawing_body(submission: Submission) -> dict[str, Any]:
    """Return the drawing for the page: its strokes, or the URL of its image once a worker has stored that."""
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
    """Return the thumbnail of a drawing; not found until a worker has made it."""
    data = thumbnail_of(get_object_or_404(own_submissions(request).only("key"), id=id_))
    if not data:
        raise Http404
    return HttpResponse(data, content_type="image/png", headers=PRIVATE)


@require_safe
@login_required
def image(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Return the re-encoded copy of a submitted image, never the original bytes."""
    drawing = get_object_or_404(
        Drawing.objects.only("image", "image_type"),
        submission__in=own_submissions(request).filter(id=id_),
        is_original=False,
    )
    if not drawing.image:
        raise Http404
    return HttpResponse(bytes(drawing.image), content_type=drawing.image_type, headers=PRIVATE)


@post_only("item", "id_")
def review(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Record what the owner says about a reading."""
    submission = get_object_or_404(own_submissions(request).finished(), id=id_)
    form = AnswerForm(request.POST)
    try:
        if not form.is_valid():
            raise InvalidReview(next(iter(form.errors.values()))[0])
        if form.cleaned_data["answer"] == "right" and not submission.text:
            raise InvalidReview(_("There is no reading to confirm. Enter the correct digits instead."))
        text_by_answer = {"right": submission.shown_text, "no_digit": "", "wrong": form.cleaned_data["text"]}
        review_submission(submission, user_of(request), text_by_answer[form.cleaned_data["answer"]], Role.OWNER)
        messages.success(request, _("Thank you. Your answer was saved."))
    except InvalidReview as error:
        messages.error(request, str(error))
    return redirect(submission)


@post_only("item", "id_")
def withdraw(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Take back what the owner said last."""
    submission = get_object_or_404(own_submissions(request), id=id_)
    try:
        withdraw_review(submission, user_of(request))
        messages.success(request, _("Your answer was taken back."))
    except InvalidReview as error:
        messages.error(request, str(error))
    return redirect(submission)


@post_only("item", "id_")
def retry(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Queue a failed submission again, if its failure allows that and the quotas have room."""
    submission = get_object_or_404(own_submissions(request), id=id_)
    try:
        if not quotas.retry(submission):
            messages.info(request, _("This drawing can't be retried. Check its status below."))
    except Refused as refusal:
        messages.error(request, refusal_message(refusal))
    return redirect(submission)
