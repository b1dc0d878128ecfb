"""Explanations and second readings on the page of one submission: what it shows, and the forms that request them."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.post_only import post_only
from predictions import lifecycle, metrics
from predictions.models import ErrorCode, Job, ModelVersion, Prediction, Status, Submission, WorkLane
from predictions.pages.access import own_submissions, user_of
from predictions.pages.errors import refusal_message
from predictions.pages.item.neighbors import redirect_to_item
from predictions.services.errors import Refused
from predictions.services.explanations import headline, heat_paths, reasons
from predictions.services.jobs import (
    match_explanations,
    model_for,
    reading_by,
    request_explanation,
    request_new_reading,
    serving_model,
)
from predictions.services.readings import readings_of


def describe_jobs(submission: Submission, readings: Sequence[Prediction]) -> dict[str, Any]:
    """Return the explanations and second readings of a finished submission, for the template. Two or three queries."""
    rows = Job.objects.filter(submission=submission).select_related("model_version").defer("model_version__card")
    jobs = list(rows.order_by("pk"))
    explanations = match_explanations(readings, jobs)
    described: dict[str, Any] = {
        "explanations": [_describe_explanation(submission, one, explanations.get(one.pk)) for one in readings],
        "read_again": _describe_read_again(
            submission, readings, [job for job in jobs if job.kind == Job.Kind.READ_AGAIN]
        ),
    }
    if any(job.finished_at is None for job in jobs) and metrics.is_paused(WorkLane.JOBS):
        for one in (*described["explanations"], described["read_again"]):
            one["is_paused"] = one["state"] == "pending"
    return described


def _digits_match(explanation: dict[str, Any], reading: dict[str, Any]) -> bool:
    return [one["digit"] for one in explanation["digits"]] == [one.get("digit") for one in reading["digits"]]


def _describe_explanation(submission: Submission, prediction: Prediction, job: Job | None) -> dict[str, Any]:
    reading, name = prediction.reading, prediction.model_version.name
    if job and job.result and not _digits_match(job.result, reading):
        job = None  # of another reading
    query = urlencode({"model": name, "preprocessing": prediction.preprocessing})
    state = _state_of(job)
    digits = _explained_digits(job.result, reading) if job and job.result else []
    messages_by_state = {
        "unasked": _("See which parts of the ink led to this reading, and which point to another digit."),
        "pending": _("The explanation is on its way. Reload this page in a moment."),
        "failed": _error_message(job),
        "done": digits[0]["headline"] if len(digits) == 1 else _("Digit by digit:"),
    }
    return {
        "reading": prediction.pk,
        "model": name,
        "text": reading["text"],
        "is_digit": reading["verdict"] != "not_a_digit",
        "url": f"{reverse('api-explanation', args=[submission.id])}?{query}",
        "state": state,
        "message": messages_by_state[state],
        "can_ask": state == "unasked" or (job is not None and lifecycle.is_retryable(job)),
        "digits": digits,
    }


def _explained_digits(explanation: dict[str, Any], reading: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "digit": digit["digit"],
            "runner_up": digit["runner_up"],
            "headline": headline(digit),
            "reasons": reasons(digit),
            "paths": list(heat_paths(read["input"], digit["heat"])),
        }
        for digit, read in zip(explanation["digits"], reading["digits"], strict=True)  # `_digits_match` compared them
    ]


def _describe_read_again(submission: Submission, readings: Sequence[Prediction], jobs: Sequence[Job]) -> dict[str, Any]:
    """Return the readings of a submission, and whether the live model may add one."""
    live = serving_model()
    job = jobs[-1] if jobs else None
    state = _state_of(job)
    has_read = live is None or reading_by(live, submission, readings) is not None or _has_failed_with(live, submission)
    is_asked = job is not None and live is not None and job.model_version_id == live.pk
    can_ask = not has_read and (not is_asked or (job is not None and lifecycle.is_retryable(job)))
    messages_by_state = {
        "unasked": _("A newer model may read this differently. The first reading is kept."),
        "pending": _("Reading again. Reload this page in a moment."),
        "failed": _error_message(job),
        "done": _("The first reading is kept next to the newer one."),
    }
    return {
        "readings": [{"model": one.model_version.name, **one.reading} for one in readings],
        "live": live and live.name,
        "has_read": has_read,
        "can_ask": can_ask and not lifecycle.is_retryable(submission),
        "is_shown": submission.status == Status.SUCCEEDED or can_ask or job is not None,
        "url": reverse("api-read-again", args=[submission.id]),
        "state": state,
        "message": messages_by_state[state],
    }


def _has_failed_with(version: ModelVersion, submission: Submission) -> bool:
    """Return whether `version` was live when `submission` ended without a reading: it would fail again."""
    is_read, since, ended = submission.status == Status.SUCCEEDED, version.promoted_at, submission.finished_at
    return not is_read and since is not None and ended is not None and since < ended


def _state_of(job: Job | None) -> str:
    if job is None:
        return "unasked"
    if job.finished_at is None:
        return "pending"
    return "done" if job.status == Status.SUCCEEDED else "failed"


def _error_message(job: Job | None) -> str:
    return str(ErrorCode(job.error_code).label) if job and job.error_code else ""


@post_only("item", "id_")
def explain(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Request an explanation of the reading named in the form."""

    def ask(submission: Submission) -> None:
        readings, asked = readings_of(submission), request.POST
        found = [one for one in readings if str(one.pk) == asked.get("reading")]
        found += [one for one in readings if one.model_version.name == asked.get("model")]  # the form of older versions
        if not found:
            raise Http404
        request_explanation(found[0], user_of(request))

    return _request_job(request, id_, ask)


@post_only("item", "id_")
def read_again(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Request a reading by the live model, unless it has already read this submission."""

    def ask(submission: Submission) -> None:
        version = model_for(submission)
        if reading_by(version, submission, readings_of(submission)) is None:
            request_new_reading(submission, version, user_of(request))

    return _request_job(request, id_, ask)


def _request_job(request: HttpRequest, id_: uuid.UUID, ask: Callable[[Submission], None]) -> HttpResponse:
    submission = get_object_or_404(own_submissions(request), id=id_)
    try:
        ask(submission)
    except Refused as refusal:
        messages.error(request, refusal_message(refusal))
    return redirect_to_item(request, submission)
