"""The JSON API: submit a drawing, ask for its reading."""

import re
import uuid
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.shortcuts import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from predictions import lifecycle, metrics, tasks
from predictions.models import Drawing, Source, Status, Submission
from predictions.web import waiting
from predictions.web.parsers import BinaryParser, ImageParser, JSONParser
from predictions.web.serializers import newest_prediction, submission_body, submission_url
from predictions.web.submit import Refused, check_image, check_strokes, new_submission, submit_drawing, too_many_bytes

PREFER_WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?', re.IGNORECASE)
RETRY_AFTER_S = 1


class Submissions(APIView):
    """`/api/v1/submissions/`"""

    parser_classes = [JSONParser, MultiPartParser, ImageParser, BinaryParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that is too long before anything reads it."""
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            raise Refused("length_required", "Send the body with a Content-Length, not in chunks.", 411)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise too_many_bytes(settings.UPLOAD_LIMIT_BYTES)
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        """Take a drawing: 202 and where to ask, or 201 and its reading if the client waited and it was quick."""
        drawing = _drawing(request.data, request.content_type or "")
        wait_s = _preferred_wait_s(request)
        source = Source.DRAW if request.auth is None and drawing.strokes is not None else Source.API
        submission = new_submission(_owner(request), source=source, canvas=_canvas(request.data))
        with waiting.listener.expecting(submission) as event:
            submit_drawing(submission, drawing)
            if wait_s is not None:
                submission = waiting.wait_for(submission, event, wait_s)
        return _answer(submission, created=True, waited_s=wait_s if event else None)


class SubmissionDetail(APIView):
    """`/api/v1/submissions/<id>/`"""

    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Give one's own submission; a stranger's is missing."""
        submission = get_object_or_404(Submission.objects.of(_owner(request)), id=id_)
        return _answer(submission, created=False)


class SubmissionRetry(APIView):
    """`/api/v1/submissions/<id>/retry/`"""

    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Queue one's own submission again whose failure was ours; 409 for any other."""
        submission = get_object_or_404(Submission.objects.of(_owner(request)), id=id_)
        if not lifecycle.retry(submission):
            codes = ", ".join(lifecycle.RETRYABLE)
            raise Refused("not_retryable", f"Only what failed with {codes} can be tried again.", 409)
        tasks.ring(submission.lane)
        submission.refresh_from_db()
        return _answer(submission, created=False)


class QueueState(APIView):
    """`/api/v1/queue/`: why a reading takes long."""

    def get(self, request: Request) -> Response:
        """Give how many wait, how many are being read, since when the oldest waits, and how many workers live."""
        return Response(
            {**metrics.queue(), "workers": metrics.workers().count()}, headers={"Cache-Control": "no-store"}
        )


def _owner(request: Request) -> Any:
    return request.user


def _drawing(body: Any, content_type: str) -> Drawing:
    """Give the unsaved drawing that a parsed body holds. Raises Refused."""
    image = body.get("image") if hasattr(body, "get") else None
    if isinstance(image, UploadedFile):
        image = image.read()
    if content_type.startswith("image/") and not image:
        image = b""
    if isinstance(image, bytes):
        return check_image(image)
    if isinstance(body, dict) and "strokes" in body:
        return check_strokes(body)
    raise Refused(
        "invalid", 'Send an image (multipart field "image", or as the body) or JSON {"strokes": [[[x, y], ...], ...]}.'
    )


def _canvas(body: Any) -> uuid.UUID | None:
    """Give the id of the sheet that was drawn on, if one was sent. Raises Refused."""
    value = body.get("canvas")
    if value is None:
        return None
    try:
        return uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise Refused("invalid", "canvas must be a UUID.") from None


def _preferred_wait_s(request: Request) -> int | None:
    """Give the seconds of `Prefer: wait=N` (RFC 7240), at most WAIT_LIMIT_S, or None."""
    found = PREFER_WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), settings.WAIT_LIMIT_S) if found else None


def _answer(submission: Submission, *, created: bool, waited_s: int | None = None) -> Response:
    is_finished = submission.finished_at is not None
    prediction = newest_prediction(submission) if submission.status == Status.SUCCEEDED else None
    headers: dict[str, str] = {"Cache-Control": "private, no-cache" if is_finished else "no-store"}
    if not is_finished:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    status = 200
    if created:
        headers["Location"] = submission_url(submission)
        status = 201 if is_finished else 202
        if waited_s is not None:
            headers["Preference-Applied"] = f"wait={waited_s}"
    return Response(submission_body(submission, prediction), status=status, headers=headers)
