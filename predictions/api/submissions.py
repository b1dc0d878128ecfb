"""The JSON API of submissions: send a drawing, ask for its reading, list and delete."""

import uuid

from django.conf import settings
from django.db.models.functions import Now
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions import lifecycle
from predictions.api import listing, request_parsing, schema
from predictions.api.parsers import BinaryParser, ImageParser, JSONParser
from predictions.api.responses import accept, describe
from predictions.api.views import LimitedView, owner_of
from predictions.models import Source, Submission
from predictions.services import long_poll
from predictions.services.submit import new_submission, put_drawing, submit_drawing, submit_once


class DrawingView(LimitedView):
    """A view that takes a drawing in any of its forms."""

    parser_classes = [JSONParser, MultiPartParser, ImageParser, BinaryParser]

    @property
    def body_limit_bytes(self) -> int:
        return settings.UPLOAD_LIMIT_BYTES

    def take(self, request: Request, *, id_: uuid.UUID | None = None) -> Response:
        """Take the drawing in a request, as its headers ask; under `id_`, if its client chose one. Raises Refused."""
        wait_s, key = request_parsing.preferred_wait_s(request), request_parsing.idempotency_key(request)
        drawing = request_parsing.read_drawing(request)
        submission = new_submission(
            owner_of(request),
            source=Source.DRAW if request.auth is None and drawing.strokes is not None else Source.API,
            canvas=request_parsing.read_canvas(request),
            cancel_after_s=request_parsing.cancel_after_s(request),
        )
        submission.id = id_ or submission.id
        with long_poll.waiters.expecting(submission) as event:
            if id_:
                stored, is_replayed = put_drawing(submission, drawing)
            elif key:
                stored, is_replayed = submit_once(submission, drawing, key)
            else:
                stored, is_replayed = submit_drawing(submission, drawing), False
            if wait_s is not None and not is_replayed:
                stored = long_poll.wait_for(stored, event, wait_s)
        if wait_s is not None and is_replayed:
            stored = long_poll.wait_for_known(stored, wait_s)
        return accept(stored, waited_s=wait_s if event else None, is_replayed=is_replayed)


class Submissions(DrawingView):
    """`/api/v1/submissions/`"""

    @schema.LIST
    def get(self, request: Request) -> Response:
        """List one's own submissions, newest first."""
        return Response(listing.page(request, owner_of(request)), headers={"Cache-Control": "no-store"})

    @schema.SUBMIT
    def post(self, request: Request) -> Response:
        """Take a drawing: 202 and where to ask, or 201 and its reading if the client waited and it was quick."""
        return self.take(request)


class SubmissionDetail(DrawingView):
    """`/api/v1/submissions/<id>/`"""

    @schema.GET
    @method_decorator(conditional_page)
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return one's own submission, after `?wait=N` seconds at most; a stranger's is missing."""
        wait_s = request_parsing.asked_wait_s(request)
        submission = get_object_or_404(Submission.objects.of(owner_of(request)), id=id_)
        if submission.finished_at is None and wait_s:
            submission = long_poll.wait_for_known(submission, wait_s)
        long_poll.end_if_late(submission)
        return describe(submission)

    @schema.PUT
    def put(self, request: Request, id_: uuid.UUID) -> Response:
        """Take a drawing under an id that its client made; sent again, it is the same submission."""
        return self.take(request, id_=id_)

    @schema.DELETE
    def delete(self, request: Request, id_: uuid.UUID) -> Response:
        """Delete one's own submission, wherever it stands: from now on it is missing."""
        found = Submission.objects.of(owner_of(request)).filter(id=id_)
        lifecycle.cancel(found)
        if not found.update(deleted_at=Now()):
            get_object_or_404(found)
        return Response(status=204)
