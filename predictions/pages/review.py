"""Review mode: a page for reviewers, and the requests of its script, which are not part of the API."""

import io
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.request import RawPostDataException
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.parsers import JSONParser

from ml.types import SIGNS
from predictions.models import Drawing, ReviewLease, Submission
from predictions.pages.access import PRIVATE, reviewers_only, user_of
from predictions.services import review_queue
from predictions.services.errors import MESSAGES, error_body
from predictions.services.review import TEXT_LIMIT, InvalidReview, ReviewConflict
from predictions.services.review_queue import Reviewer

MOST_DRAWINGS = 16  # in one response
MOST_HELD = 100  # on a page that has undone many answers
MOST_ENTRIES = 50  # in one request
BIGGEST_KEY = 2**63 - 1


class Key(serializers.IntegerField):
    """The key of a submission. Its public id would tell reviewers the addresses of other people's pages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST_KEY, **options)

    def to_internal_value(self, data: Any) -> int:
        """Return the key. Raises ValidationError, for a string of digits too."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class TurnRequest(serializers.Serializer):
    """What the page asks for: `held` it shows or will show, `sent` are answered but may not have arrived.

    released: what it leaves to others.
    """

    holder = serializers.UUIDField()
    held = serializers.ListField(child=Key(), max_length=MOST_HELD)
    sent = serializers.ListField(child=Key(), max_length=1_000)
    released = serializers.ListField(child=Key(), max_length=MOST_HELD, default=list)
    count = serializers.IntegerField(min_value=0, max_value=MOST_DRAWINGS)


class Entry(serializers.Serializer):
    """One answer, or what became of an earlier one with the same key."""

    kind = serializers.ChoiceField(choices=["review", "skip", "undo"])
    key = serializers.UUIDField()
    drawing = Key()
    text = serializers.CharField(allow_blank=True, max_length=4 * TEXT_LIMIT)


class EntriesRequest(serializers.Serializer):
    """Answers in the order in which they were given."""

    holder = serializers.UUIDField()
    entries = serializers.ListField(child=Entry(), max_length=MOST_ENTRIES)


@require_safe
@reviewers_only
@never_cache
def review_mode(request: HttpRequest) -> HttpResponse:
    """Show the page; its script gets the drawings."""
    return render(request, "predictions/review.html", {"signs": SIGNS})


@require_POST
@reviewers_only
def take_turn(request: HttpRequest) -> JsonResponse:
    """Give the reviewer drawings, and renew the leases of those that they have."""
    asked = _parse(TurnRequest, request)
    if asked is None:
        return _invalid()
    reviewer = Reviewer(user_of(request), asked["holder"])
    if asked["released"]:
        review_queue.release(reviewer, asked["released"])
    turn = review_queue.take_turn(reviewer, asked["held"], asked["count"], left_out=asked["sent"])
    is_blind = reviewer.user.reviews_blind
    drawings = [_drawing_body(row, is_blind=is_blind or row.pk in turn.hidden) for row in turn.drawings]
    return JsonResponse({"drawings": drawings, "lost": turn.lost, "left": turn.left})


@require_POST
@reviewers_only
def save_entries(request: HttpRequest) -> JsonResponse:
    """Record answers, each by itself and once, and say what became of each."""
    asked = _parse(EntriesRequest, request)
    if asked is None:
        return _invalid()
    reviewer = Reviewer(user_of(request), asked["holder"])
    return JsonResponse({"entries": [_save(reviewer, **entry) for entry in asked["entries"]]})


def _save(reviewer: Reviewer, *, kind: str, key: Any, drawing: int, text: str) -> dict[str, Any]:
    """Record an answer; return its outcome, and for a review what was read."""
    outcome: dict[str, Any] = {"kind": kind, "key": key, "outcome": "saved"}
    try:
        if kind == "skip":
            review_queue.skip(reviewer, key, drawing)
        elif kind == "undo":
            review_queue.undo(reviewer, key, drawing)
        elif row := review_queue.save_review(reviewer, key, drawing, text):
            outcome["reading"] = None if row.deleted_at else _reading_body(row)  # deleted since the first request
    except ReviewConflict:
        message = _("Someone else reviewed that drawing first, or it was deleted, so your answer was not needed.")
        outcome |= {"outcome": "conflict", "message": message}
    except InvalidReview as error:
        outcome |= {"outcome": "invalid", "message": str(error)}
    return outcome


@require_safe
@reviewers_only
def image(request: HttpRequest, key: int) -> HttpResponse:
    """Return the re-encoded copy of the image that a reviewer has been given, never the original bytes."""
    leases = ReviewLease.objects.filter(reviewer=user_of(request), submission=key)
    drawings = Drawing.objects.filter(submission__in=leases.values("submission"), is_original=False)
    drawing = get_object_or_404(drawings.filter(submission__deleted_at=None).only("image", "image_type"))
    if not drawing.image:
        raise Http404
    return HttpResponse(bytes(drawing.image), content_type=drawing.image_type, headers=PRIVATE)


def _drawing_body(row: Submission, *, is_blind: bool) -> dict[str, Any]:
    """Return a drawing as the page's script takes it; without the reading if the reviewer is not to know it."""
    drawing: Drawing = row.drawing
    return {
        "key": row.pk,
        "strokes": drawing.strokes,
        "width": drawing.width,
        "height": drawing.height,
        "pen_px": drawing.pen_px,
        "image_url": reverse("review-image", args=[row.pk]) if drawing.strokes is None else None,
        "reading": None if is_blind else _reading_body(row),
    }


def _reading_body(row: Submission) -> dict[str, Any]:
    """Return what was read: its text, "" for not a digit; null if there is nothing to accept."""
    return {"text": review_queue.acceptable_text(row), "verdict": row.verdict}


def _parse(serializer: type[serializers.Serializer], request: HttpRequest) -> dict[str, Any] | None:
    """Return the body of a request, or None if it is not valid."""
    try:
        given = serializer(data=JSONParser().parse(io.BytesIO(request.body)))
        return given.validated_data if given.is_valid() else None
    except (APIException, RecursionError, RawPostDataException, UnreadablePostError):  # deep, a form, or cut off
        return None


def _invalid() -> JsonResponse:
    return JsonResponse(error_body("invalid", MESSAGES["invalid"]), status=400)
