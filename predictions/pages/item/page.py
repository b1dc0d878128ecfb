"""The page of one submission: its drawing, what was read in it, by which models, and what people say it is."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ml.types import Verdict
from predictions import lifecycle, metrics
from predictions.models import Drawing, ErrorCode, Submission
from predictions.models.submissions.conditions import SAYABLE
from predictions.pages.access import own_submissions
from predictions.pages.item.events import list_events
from predictions.pages.item.neighbors import find_neighbors, query_of
from predictions.pages.jobs import describe_jobs
from predictions.services.formatting import sure
from predictions.services.readings import label_body, own_reading, readings_of, result_body
from predictions.services.replay.timing import pen_times

ALTERNATIVES_SHOWN = 4
LEAST_SHARE = 0.001  # of a candidate


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
        "two_best": _two_best(result) if result else [],
        "events": list_events(submission, readings),
        "neighbors": find_neighbors(request, submission),
        "query": query_of(request),
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


def _two_best(result: dict[str, Any]) -> list[list[tuple[int, str]]]:
    """Return the two likeliest digits of each digit with their percentages; none if nothing looks like a digit.

    A digit that nothing else comes close to has one: which of the others is less unlikely is chance then.
    """
    if result["verdict"] == Verdict.NOT_A_DIGIT:
        return []
    ranked = (sorted(enumerate(one["probabilities"]), key=lambda each: -each[1]) for one in result["digits"])
    return [[(digit, sure(share)) for digit, share in found[:2] if share >= LEAST_SHARE] for found in ranked]


def _drawing_body(submission: Submission) -> dict[str, Any]:
    """Return the drawing for the page: strokes with times, or the URL of its image once a worker has stored that."""
    drawing: Drawing = submission.drawing
    has_image = drawing.strokes is None and bool(drawing.image_type) and not drawing.is_original
    return {
        "strokes": drawing.strokes,
        "times": None if drawing.strokes is None else pen_times(drawing.strokes),
        "width": drawing.width,
        "height": drawing.height,
        "pen_px": drawing.pen_px,
        "image_url": reverse("submission-image", args=[submission.id]) if has_image else None,
    }
