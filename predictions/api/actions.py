"""Actions on a submission: cancel, retry, review, get its image. And the state of the queue."""

import re
import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from ml.types import SIGNS
from predictions import fairness, lifecycle, metrics
from predictions.api import request_parsing
from predictions.api.parsers import JSONParser
from predictions.api.request_serializers import REVIEW_TEXT
from predictions.api.responses import PRIVATE, respond
from predictions.api.schema import operations
from predictions.api.views import LimitedView, get_submission, owner_of
from predictions.models import Drawing, Lane, Role, Status, Submission
from predictions.services import quotas
from predictions.services.errors import Refused
from predictions.services.review import TEXT_LIMIT, InvalidReview, review_submission, withdraw_review


class SubmissionCancel(LimitedView):
    """`/api/v1/submissions/<id>/cancel/`"""

    @operations.CANCEL_SUBMISSION
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Cancel an unfinished submission; 409 if it is already finished."""
        submission = get_submission(request, id_)
        lifecycle.cancel(Submission.objects.filter(pk=submission.pk))
        submission.refresh_from_db()
        if submission.status != Status.CANCELED:
            raise Refused("not_cancelable", "This submission is already finished, so it cannot be canceled.", 409)
        return respond(submission)


class SubmissionRetry(LimitedView):
    """`/api/v1/submissions/<id>/retry/`"""

    @operations.RETRY_SUBMISSION
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Queue a failed submission again; 409 unless the failure was the service's."""
        submission = get_submission(request, id_)
        if not quotas.retry(submission):
            codes = ", ".join(lifecycle.RETRYABLE)
            raise Refused("not_retryable", f"Only submissions that failed with {codes} can be retried.", 409)
        submission.refresh_from_db()
        return respond(submission)


class SubmissionReview(LimitedView):
    """`/api/v1/submissions/<id>/review/`"""

    parser_classes = [JSONParser]

    @operations.REVIEW_SUBMISSION
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Record which digits and signs the drawing really shows; 409 until it is finished."""
        submission = get_submission(request, id_)
        text = _review_text(request.data)
        if submission.finished_at is None:
            raise Refused("unfinished", "This submission is not finished yet. Review it once it is.", 409)
        review_submission(submission, owner_of(request), text, Role.OWNER)
        submission.refresh_from_db()
        return respond(submission, 201)

    @operations.WITHDRAW_REVIEW
    def delete(self, request: Request, id_: uuid.UUID) -> Response:
        """Take back the owner's newest review; 409 if there is none."""
        submission = get_submission(request, id_)
        try:
            withdraw_review(submission, owner_of(request))
        except InvalidReview:
            raise Refused("not_reviewed", "There is no review of yours to take back.", 409) from None
        submission.refresh_from_db()
        return respond(submission)


def _review_text(body: Any) -> str:
    text = body.get("text") if isinstance(body, dict) else None
    if not isinstance(text, str) or len(text) > TEXT_LIMIT or not re.fullmatch(REVIEW_TEXT, text):
        message = (
            f'Send {{"text": "7"}}: digits from 0 to 9, with the signs {SIGNS} if there are any, up to {TEXT_LIMIT} '
            'characters; or "" if the drawing shows no digit.'
        )
        raise Refused("invalid", message)
    return text


class SubmissionImage(LimitedView):
    """`/api/v1/submissions/<id>/image/`"""

    @operations.GET_IMAGE
    def get(self, request: Request, id_: uuid.UUID) -> HttpResponse:
        """Return the image that a worker stored: an upright copy, or the thumbnail of strokes; never the upload."""
        drawing = Drawing.objects.filter(submission=get_submission(request, id_), is_original=False)
        stored = drawing.values_list("image", "image_type", "thumbnail").first()
        image, type_ = (stored[0] or stored[2], stored[1] or "image/png") if stored else (None, "")
        if not image:
            message = "There is no image: this submission has not been read yet, or could not be read."
            raise Refused("no_picture", message, 409)
        return HttpResponse(bytes(image), content_type=type_, headers=PRIVATE)


class QueueState(LimitedView):
    """`/api/v1/queue/`"""

    @operations.GET_QUEUE
    def get(self, request: Request) -> Response:
        """Return how much waits, how long the oldest has waited, how many workers run, and what is ahead of one."""
        mine = request_parsing.query_submission(request)
        found = Submission.objects.of(owner_of(request)).filter(id=mine).first() if mine else None
        body = {
            **metrics.queue(with_guests=False),
            "workers": metrics.workers().count(),
            "ahead": fairness.count_ahead(found) if found else None,
            "is_paused": metrics.is_paused(found.lane if found else Lane.INTERACTIVE),
        }
        return Response(body, headers={"Cache-Control": "no-store"})
