"""What the start page sends for people without an account. Not a part of the public API, so not in its schema."""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.guests import limits as guest_limits
from accounts.guests import sessions as guest_sessions
from predictions import fairness, metrics
from predictions.api import request_parsing
from predictions.api.parsers import JSONParser
from predictions.api.responses import describe_accepted, respond
from predictions.models import Lane, Submission
from predictions.services import guests, long_poll
from predictions.services.errors import Refused
from predictions.services.validation import check_strokes

BODY_LIMIT_BYTES = 100_000  # so 233 kB of JSON, which is minutes of drawing; nobody stores more without an account
NO_STORE = {"Cache-Control": "no-store"}


class GuestOnly(SessionAuthentication):
    """Authenticates nobody: checks the CSRF token, and that the request is not a user's."""

    def authenticate(self, request: Request) -> None:
        """Raise PermissionDenied for a request without a valid token, of a user, or while guests are turned off."""
        self.enforce_csrf(request)
        if request._request.user.is_authenticated:
            raise PermissionDenied("You are logged in, so reload this page.")
        if not settings.GUESTS:
            raise PermissionDenied("Log in to draw.")


class GuestView(APIView):
    """A view for people without an account. What it shows belongs to the session that sent it."""

    authentication_classes = [GuestOnly]
    permission_classes = [AllowAny]
    parser_classes = [JSONParser]
    schema = None  # left out of the OpenAPI document

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the body's size before it is read. Raises Refused."""
        request_parsing.check_length(request, BODY_LIMIT_BYTES)
        super().initial(request, *args, **kwargs)


class GuestDrawings(GuestView):
    """`/api/guest/drawings/`"""

    def post(self, request: Request) -> Response:
        """Queue strokes: 202, or 201 and the reading if the client waited for it. The first begins the session."""
        session = request._request.session
        key = guest_sessions.key_of(session) or guest_sessions.new_key()
        is_within, left_s = guest_limits.count_drawing(request._request, key)
        if not is_within:
            message = "That was a lot of drawings in one minute. Wait a minute, or log in."
            raise Refused("too_many_requests", message, 429, retry_after_s=left_s)
        wait_s = request_parsing.wait_s(request)
        drawing = check_strokes(request.data)
        expects = request_parsing.read_expects(request.data)
        submission = guests.new_guest_submission(key, request_parsing.read_canvas(request), expects)
        submission.id = _key_as_id(request) or submission.id
        with long_poll.waiters.expecting(submission) as event:
            submission, is_replayed = guests.submit_guest_drawing(submission, drawing)
            guest_sessions.remember(session, key)
            if wait_s is not None:
                submission = _wait(long_poll.wait_for, submission, event, wait_s)
        waited_s = wait_s if event else None
        return describe_accepted(submission, waited_s=waited_s, is_replayed=is_replayed).as_response()


class GuestDrawing(GuestView):
    """`/api/guest/drawings/<id>/`"""

    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return a drawing of this session, after `?wait=N` seconds at most."""
        wait_s = request_parsing.wait_s(request)
        key = guest_sessions.key_of(request._request.session)
        submission = get_object_or_404(guests.drawings_of(key), id=id_)
        if submission.finished_at is None and wait_s:
            submission = _wait(long_poll.wait_for_known, submission, wait_s)
        return respond(submission)


class GuestQueue(GuestView):
    """`/api/guest/queue/`"""

    def get(self, request: Request) -> Response:
        """Return the state of the queue, other guests included, to somebody who has drawn."""
        key = guest_sessions.key_of(request._request.session)
        if not key:
            raise Http404
        body = {**metrics.queue(), "workers": metrics.workers().count()}
        mine = request_parsing.query_submission(request)
        found = guests.drawings_of(key).filter(id=mine).first() if mine else None
        place = {
            "ahead": fairness.count_ahead(found) if found else None,
            "is_paused": metrics.is_paused(found.lane if found else Lane.GUEST),
        }
        return Response({**body, **place}, headers=NO_STORE)


def _key_as_id(request: Request) -> uuid.UUID | None:
    """Return the Idempotency-Key, under which a guest's drawing is stored once, as its id. Raises Refused."""
    key = request_parsing.idempotency_key(request)
    try:
        return None if key is None else request_parsing.parse_uuid(key)
    except ValueError:
        raise Refused("invalid", "Idempotency-Key must be a UUID.") from None


def _wait(wait: Callable[..., Submission], *args: Any) -> Submission:
    """Return what `wait` returns. Raises Http404 if the drawing is deleted meanwhile."""
    try:
        return wait(*args)
    except Submission.DoesNotExist:
        raise Http404 from None
