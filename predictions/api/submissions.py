"""Send a drawing, get its reading, list and delete submissions."""

import uuid

from django.conf import settings
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from predictions import lifecycle
from predictions.api import listing, request_parsing
from predictions.api.parsers import BinaryParser, ImageParser, JSONParser
from predictions.api.responses import ResponseParts, describe, describe_accepted
from predictions.api.schema import operations
from predictions.api.views import LimitedView, get_submission, owner_of
from predictions.models import Submission
from predictions.services import long_poll
from predictions.services.selection.deletion import delete_rows
from predictions.services.submit import new_submission, put_drawing, submit_drawing, submit_once


class DrawingView(LimitedView):
    """A view that accepts a drawing as JSON, as a form or as an image."""

    parser_classes = [JSONParser, MultiPartParser, ImageParser, BinaryParser]
    body_help = (
        'Send application/json with "strokes", multipart/form-data with a field "image", '
        "or an image as the body with its own type, such as image/png."
    )

    @property
    def body_limit_bytes(self) -> int:
        return settings.UPLOAD_LIMIT_BYTES


def submit(request: Request, id_: uuid.UUID | None = None) -> ResponseParts:
    """Queue the drawing in the request, under the client's `id_` if there is one. Raises Refused."""
    wait_s, key = request_parsing.wait_s(request), request_parsing.idempotency_key(request)
    drawing = request_parsing.read_drawing(request)
    submission = new_submission(
        owner_of(request),
        source=request_parsing.read_source(request, drawing),
        canvas=request_parsing.read_canvas(request),
        expects=request_parsing.read_expects(request.data),
        cancel_after_s=request_parsing.cancel_after_s(request),
    )
    submission.id = id_ or submission.id
    may_train = request_parsing.read_may_train(request.data)
    submission.may_train = submission.may_train if may_train is None else may_train
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
    return describe_accepted(stored, waited_s=wait_s if event else None, is_replayed=is_replayed)


def show(request: Request, id_: uuid.UUID) -> ResponseParts:
    """Show a submission of the user, after `?wait=N` seconds at most. Raises Refused or Http404."""
    wait_s = request_parsing.wait_s(request)
    submission = get_submission(request, id_)
    if submission.finished_at is None and wait_s:
        submission = long_poll.wait_for_known(submission, wait_s)
    long_poll.end_if_late(submission)
    return describe(submission)


class Submissions(DrawingView):
    """`/api/v1/submissions/`"""

    @operations.LIST_SUBMISSIONS
    def get(self, request: Request) -> Response:
        """List the user's submissions, newest first."""
        return Response(listing.list_page(request, owner_of(request)), headers={"Cache-Control": "no-store"})

    @operations.SUBMIT_DRAWING
    def post(self, request: Request) -> Response:
        """Queue a drawing: 202, or 201 and its reading if the client waited for it."""
        return submit(request).as_response()


class SubmissionDetail(DrawingView):
    """`/api/v1/submissions/<id>/`"""

    @operations.GET_SUBMISSION
    @method_decorator(conditional_page)
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return a submission, after `?wait=N` seconds at most."""
        return show(request, id_).as_response()

    @operations.PUT_DRAWING
    def put(self, request: Request, id_: uuid.UUID) -> Response:
        """Queue a drawing under an id that the client created; repeated, it returns the same submission."""
        return submit(request, id_).as_response()

    @operations.DELETE_SUBMISSION
    def delete(self, request: Request, id_: uuid.UUID) -> Response:
        """Delete a submission, whatever its status."""
        found = Submission.objects.of(owner_of(request)).filter(id=id_)
        lifecycle.cancel(found)
        with transaction.atomic():
            if is_deleted := delete_rows(owner_of(request), found):
                audit.record(owner_of(request), "submission.deleted", str(id_))
        if not is_deleted:
            get_object_or_404(found)
        return Response(status=204)
