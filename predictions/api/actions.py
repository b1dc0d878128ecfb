"""What its owner may do with a submission besides reading it: cancel, try again, say what is true, get its picture."""

import re
import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from predictions import lifecycle, metrics, tasks
from predictions.api import schema
from predictions.api.parsers import JSONParser
from predictions.api.responses import describe
from predictions.api.views import LimitedView, owner_of
from predictions.models import Drawing, Role, Status, Submission
from predictions.services import quotas
from predictions.services.errors import Refused
from predictions.services.review import TEXT_LIMIT, review_submission

PRIVATE = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
DIGITS = re.compile(f"[0-9]{{0,{TEXT_LIMIT}}}")


def _mine(request: Request, id_: uuid.UUID) -> Submission:
    return get_object_or_404(Submission.objects.of(owner_of(request)), id=id_)


class SubmissionCancel(LimitedView):
    """`/api/v1/submissions/<id>/cancel/`"""

    @schema.CANCEL
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Cancel one's own submission that is not finished; 409 if it is read or has failed."""
        submission = _mine(request, id_)
        lifecycle.cancel(Submission.objects.filter(pk=submission.pk))
        submission.refresh_from_db()
        if submission.status != Status.CANCELED:
            raise Refused("not_cancelable", "This is finished already: there is nothing left to cancel.", 409)
        return describe(submission)


class SubmissionRetry(LimitedView):
    """`/api/v1/submissions/<id>/retry/`"""

    @schema.RETRY
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Queue one's own submission again whose failure was ours; 409 for any other."""
        submission = _mine(request, id_)
        if not quotas.retry(submission):
            codes = ", ".join(lifecycle.RETRYABLE)
            raise Refused("not_retryable", f"Only what failed with {codes} can be tried again.", 409)
        tasks.wake_worker(submission.lane)
        submission.refresh_from_db()
        return describe(submission)


class SubmissionReview(LimitedView):
    """`/api/v1/submissions/<id>/review/`"""

    parser_classes = [JSONParser]

    @schema.REVIEW
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Record which digits one's own drawing really shows; the newest word counts."""
        submission = _mine(request, id_)
        text = _review_text(request.data)
        if submission.finished_at is None:
            raise Refused("unfinished", "This is not read yet. Say what it is once it is finished.", 409)
        review_submission(submission, owner_of(request), text, Role.OWNER)
        submission.refresh_from_db()
        return describe(submission, 201)


def _review_text(body: Any) -> str:
    text = body.get("text") if isinstance(body, dict) else None
    if not isinstance(text, str) or not DIGITS.fullmatch(text):
        message = f'Send {{"text": "7"}}: the digits, 0 to 9, at most {TEXT_LIMIT}; "" says that it is no digit.'
        raise Refused("invalid", message)
    return text


class SubmissionImage(LimitedView):
    """`/api/v1/submissions/<id>/image/`"""

    @schema.PICTURE
    def get(self, request: Request, id_: uuid.UUID) -> HttpResponse:
        """Return the picture of one's own drawing that a worker stored; never the bytes as they came.

        The upright copy of an image that was sent; of strokes, their small picture.
        """
        drawing = Drawing.objects.filter(submission=_mine(request, id_), is_original=False)
        kept = drawing.values_list("image", "image_type", "thumbnail").first()
        image, type_ = (kept[0] or kept[2], kept[1] or "image/png") if kept else (None, "")
        if not image:
            raise Refused("no_picture", "There is no picture of this: it is not read yet, or could not be read.", 409)
        return HttpResponse(bytes(image), content_type=type_, headers=PRIVATE)


class QueueState(LimitedView):
    """`/api/v1/queue/`: why a reading takes long."""

    @schema.QUEUE
    def get(self, request: Request) -> Response:
        """Return how many wait, how many are being read, since when the oldest waits, and how many workers live."""
        return Response(
            {**metrics.queue(), "workers": metrics.workers().count()}, headers={"Cache-Control": "no-store"}
        )
