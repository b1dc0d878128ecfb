"""The base of every API view: authentication, body size and rate limit."""

import math
import uuid
from typing import Any

from django.conf import settings
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.limits import requests as rate_limits
from accounts.models import User
from accounts.postgres.prepared import run_prepared
from predictions import cached_sql
from predictions.api import request_parsing
from predictions.models import Submission
from predictions.services.errors import Refused

OWN_SUBMISSION = f"""
    SELECT {cached_sql.columns_of(Submission)} FROM predictions_submission
    WHERE owner_id = %s AND id = %s AND deleted_at IS NULL
"""  # noqa: S608 (our own names)


def owner_of(request: Request) -> User:
    """Return the authenticated user."""
    assert isinstance(request.user, User)  # noqa: S101 (IsAuthenticated has checked it; this is for the types)
    return request.user


def get_submission(request: Request, id_: uuid.UUID) -> Submission:
    """Return the user's own submission. Raises Http404, for other users' submissions too. One query, in plain SQL."""
    found = run_prepared(OWN_SUBMISSION, [owner_of(request).pk, id_])
    if not found:
        raise Http404
    return cached_sql.row_of(Submission, found[0])


class Attempt:
    """What was done for a request: on the fast path, perhaps, before the ordinary view has its turn.

    Attributes:
        rate: requests left, and seconds until the reset, once the request is counted.
        error: the exception with which the fast path ended.
        user: whom the fast path has authenticated.
    """

    def __init__(self) -> None:
        self.rate: tuple[int, float] | None = None
        self.error: Exception | None = None
        self.user: User | None = None

    def count(self, user: User) -> None:
        """Count a request of `user`. Raises Refused, 429 over the rate limit."""
        is_within, remaining, reset_s = rate_limits.count_request(user)
        self.rate = (remaining, reset_s)
        if not is_within:
            limit = settings.RATE_LIMIT_PER_S
            message = f"More than {limit} requests in a second. Wait a second, then send fewer requests, or batches."
            raise Refused("too_many_requests", message, 429, retry_after_s=1)

    @property
    def headers(self) -> dict[str, str]:
        """What a response says of the limit, as the IETF draft "RateLimit header fields for HTTP" has it."""
        if not self.rate:
            return {}
        remaining, reset_s = self.rate
        return {
            "RateLimit-Policy": f'"requests";q={settings.RATE_LIMIT_PER_S};w=1',
            "RateLimit": f'"requests";r={remaining};t={math.ceil(reset_s)}',
        }


class LimitedView(APIView):
    """A view that allows each user RATE_LIMIT_PER_S requests a second and reports how many are left."""

    attempt: Attempt | None = None

    @property
    def body_limit_bytes(self) -> int:
        """How many bytes of images a body may hold."""
        return 0

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the body's size, authenticate and count the request.

        Raises:
            Refused: 411 or 413, before the body is read; 429 over the rate limit.
            Exception: with which the fast path ended.
        """
        self.attempt = getattr(request, "attempt", None) or Attempt()
        if self.attempt.error:
            if self.attempt.user:
                request.user = self.attempt.user  # the log tells who was refused
            raise self.attempt.error
        request_parsing.check_length(request, self.body_limit_bytes)
        super().initial(request, *args, **kwargs)
        self.attempt.count(owner_of(request))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the RateLimit headers, and let go of what was sent."""
        for name, value in self.attempt.headers.items() if self.attempt else ():
            response[name] = value
        # Request, view and response refer to one another, so that an image would stay until the garbage is collected.
        request._data = request._full_data = {}  # type: ignore[attr-defined]
        return super().finalize_response(request, response, *args, **kwargs)
