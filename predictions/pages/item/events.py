"""What happened to one drawing, in the order of time: sent, read, what its owner and reviewers said, read again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from ml.types import Verdict
from predictions.models import ErrorCode, Prediction, Review, Role, Status, Submission

MOST_REVIEWS = 50  # the newest


@dataclass(frozen=True)
class Event:
    """One thing that happened. kind: for its look; confidence: of a reading, in [0, 1]."""

    at: datetime
    kind: str
    text: str
    confidence: float | None = None


def list_events(submission: Submission, readings: Sequence[Prediction]) -> list[Event]:
    """Return what happened to a submission, oldest first. Nobody is named. One query."""
    source = submission.get_source_display()
    events = [Event(submission.created_at, "sent", source[:1].upper() + source[1:]), *_readings(submission, readings)]
    if submission.finished_at and submission.status != Status.SUCCEEDED:
        events.append(Event(submission.finished_at, "failed", _why_not_read(submission)))
    reviews = Review.objects.filter(submission=submission).only("role", "text", "created_at", "withdrawn_at")
    for review in reviews.order_by("-pk")[:MOST_REVIEWS]:
        events += _what_was_said(review)
    return sorted(events, key=lambda event: event.at)


def _readings(submission: Submission, readings: Sequence[Prediction]) -> Iterator[Event]:
    before = ""
    for prediction in readings:
        reading = prediction.reading
        read = _what_was_read(submission, reading)
        values = {"model": prediction.model_version.name, "reading": read, "before": before}
        if not before:
            text = _("Read by %(model)s: %(reading)s")
        elif before == read:
            text = _("Read again by %(model)s: %(reading)s, as before")
        else:
            text = _("Read again by %(model)s: %(reading)s. Before, it was: %(before)s")
        yield Event(prediction.finished_at, "read", text % values, reading.get("confidence"))
        before = read


def _what_was_read(submission: Submission, reading: dict[str, Any]) -> str:
    verdict = reading["verdict"]
    if verdict == Verdict.NOT_A_DIGIT:
        return _("not a digit")
    written = reading.get("written") or ""
    text = Submission(text=reading["text"], written=written, expects=submission.expects).shown_text
    return text if verdict == Verdict.DIGIT else _("perhaps %(text)s") % {"text": text}


def _why_not_read(submission: Submission) -> str:
    if submission.status == Status.CANCELED:
        return _("Canceled")
    reason = ErrorCode(submission.error_code).label if submission.error_code else ""
    return _("Not read: %(reason)s") % {"reason": reason}


def _what_was_said(review: Review) -> Iterator[Event]:
    values = {"text": review.text or _("not a digit")}
    is_owner = review.role == Role.OWNER
    said = _("You said: %(text)s") if is_owner else _("A reviewer said: %(text)s")
    yield Event(review.created_at, "said", said % values)
    if review.withdrawn_at:
        taken = _("You took back: %(text)s") if is_owner else _("A reviewer took back: %(text)s")
        yield Event(review.withdrawn_at, "withdrawn", taken % values)
