"""What the page of one item shows of errands, and the acts on it that ask for them."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.post_only import act_of
from predictions import lifecycle
from predictions.models import ErrorCode, Job, ModelVersion, Prediction, Status, Submission
from predictions.services.errors import Refused
from predictions.services.explanations import headline, reasons, shaded
from predictions.services.jobs import (
    live_model,
    match_explanations,
    model_for,
    reading_by,
    request_explanation,
    request_new_reading,
)
from predictions.services.readings import readings_of


def errands_of(submission: Submission, readings: Sequence[Prediction]) -> dict[str, Any]:
    """Return what the page shows of the readings of a finished submission, and offers for them. Two queries."""
    rows = Job.objects.filter(submission=submission).select_related("model_version").defer("model_version__card")
    errands = list(rows.order_by("pk"))
    explained = match_explanations(readings, errands)
    return {
        "whys": [_why(submission, one, explained.get(one.pk)) for one in readings],
        "again": _again(submission, readings, [row for row in errands if row.kind == Job.Kind.READ_AGAIN]),
    }


def _why(submission: Submission, prediction: Prediction, errand: Job | None) -> dict[str, Any]:
    """Return why a reading was made, as far as that was asked for and is known."""
    reading, name = prediction.reading, prediction.model_version.name
    query = urlencode({"model": name, "preprocessing": prediction.preprocessing})
    url = f"{reverse('api-explanation', args=[submission.id])}?{query}"
    state = _state(errand)
    pairs = zip(errand.result["digits"], reading["digits"], strict=True) if errand and errand.result else ()
    digits = [
        {
            "digit": told["digit"],
            "runner_up": told["runner_up"],
            "headline": headline(told),
            "reasons": reasons(told),
            "paths": list(shaded(read["input"], told["heat"])),
        }
        for told, read in pairs
    ]
    says = {
        "unasked": _("See which of the ink spoke for this answer, and which for another one."),
        "pending": _("The network is being asked. Load this page again in a moment."),
        "failed": _said(errand),
        "done": digits[0]["headline"] if len(digits) == 1 else _("Each digit by itself:"),
    }
    return {
        "model": name,
        "preprocessing": prediction.preprocessing,
        "text": reading["text"],
        "is_digit": reading["verdict"] != "not_a_digit",
        "url": url,
        "state": state,
        "says": says[state],
        "can_ask": state == "unasked" or (errand is not None and lifecycle.is_retryable(errand)),
        "digits": digits,
    }


def _again(submission: Submission, readings: Sequence[Prediction], errands: Sequence[Job]) -> dict[str, Any]:
    """Return a submission's answers side by side, and whether the live model may give one more."""
    live = live_model()
    errand = errands[-1] if errands else None
    state = _state(errand)
    is_known = live is None or reading_by(live, list(readings)) is not None or _has_failed_by(live, submission)
    is_asked = errand is not None and live is not None and errand.model_version_id == live.pk
    can_ask = not is_known and (not is_asked or (errand is not None and lifecycle.is_retryable(errand)))
    says = {
        "unasked": _("A newer model may read this differently. The answer above stays."),
        "pending": _("It is being read again. Load this page again in a moment."),
        "failed": _said(errand),
        "done": _("The first answer stays; the newer one stands beside it."),
    }
    return {
        "answers": [{"model": one.model_version.name, **one.reading} for one in readings],
        "live": live and live.name,
        "is_known": is_known,
        "can_ask": can_ask and not lifecycle.is_retryable(submission),
        "is_shown": submission.status == Status.SUCCEEDED or can_ask or errand is not None,
        "url": reverse("api-read-again", args=[submission.id]),
        "state": state,
        "says": says[state],
    }


def _has_failed_by(version: ModelVersion, submission: Submission) -> bool:
    """Return True if `version` was live when `submission` ended without a reading: it would end so again."""
    is_read, since, ended = submission.status == Status.SUCCEEDED, version.promoted_at, submission.finished_at
    return not is_read and since is not None and ended is not None and since < ended


def _state(errand: Job | None) -> str:
    if errand is None:
        return "unasked"
    if errand.finished_at is None:
        return "pending"
    return "done" if errand.status == Status.SUCCEEDED else "failed"


def _said(errand: Job | None) -> str:
    return str(ErrorCode(errand.error_code).label) if errand and errand.error_code else ""


@act_of("item", "id_")
def explain(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Ask why one's own submission was read so, by the model that is named."""

    def ask(submission: Submission, user: User) -> None:
        own = [one for one in readings_of(submission) if one.model_version.name == request.POST.get("model")]
        exact = [one for one in own if one.preprocessing == request.POST.get("preprocessing")]
        found = next(iter(exact or own), None)
        if found is None:
            raise Http404
        request_explanation(found, user)

    return _asked(request, id_, ask)


@act_of("item", "id_")
def read_again(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Have one's own submission read by the live model, if that has not read it."""

    def ask(submission: Submission, user: User) -> None:
        version: ModelVersion = model_for(submission)
        if reading_by(version, readings_of(submission)) is None:
            request_new_reading(submission, version, user)

    return _asked(request, id_, ask)


def _asked(request: HttpRequest, id_: uuid.UUID, ask: Callable[[Submission, User], None]) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101 (act_of saw to it)
    submission = get_object_or_404(Submission.objects.of(request.user), id=id_)
    try:
        ask(submission, request.user)
    except Refused:
        messages.error(request, _("This cannot be asked just now. Try again in a moment."))
    return redirect(submission)
