"""The base of every API view: authentication, body size and rate limit."""

import math
import uuid
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.limits import requests as rate_limits
from accounts.models import User
from predictions.api import request_parsing
from predictions.models import Submission
from predictions.services.errors import Refused


def owner_of(request: Request) -> User:
    """Return the authenticated user."""
    assert isinstance(request.user, User)  # noqa: S101 (IsAuthenticated has checked it; this is for the types)
    return request.user


def get_submission(request: Request, id_: uuid.UUID) -> Submission:
    """Return the user's own submission. Raises Http404, for other users' submissions too."""
    return get_object_or_404(Submission.objects.of(owner_of(request)), id=id_)


class LimitedView(APIView):
    """A view that allows each user RATE_LIMIT_PER_S requests a second and reports how many are left.

    The headers follow the IETF draft "RateLimit header fields for HTTP".
    """

    rate: tuple[int, float] | None = None  # requests left, seconds until the reset

    @property
    def body_limit_bytes(self) -> int:
        """How many bytes of images a body may hold."""
        return 0

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the body's size, authenticate and count the request.

        Raises:
            Refused: 411 or 413, before the body is read; 429 over the rate limit.
        """
        request_parsing.check_length(request, self.body_limit_bytes)
        super().initial(request, *args, **kwargs)
        is_within, remaining, reset_s = rate_limits.count_request(owner_of(request))
        self.rate = (remaining, reset_s)
        if not is_within:
            limit = settings.RATE_LIMIT_PER_S
            message = f"More than {limit} requests in a second. Wait a second, then send fewer requests, or batches."
            raise Refused("too_many_requests", message, 429, retry_after_s=1)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the RateLimit headers."""
        if self.rate:
            remaining, reset_s = self.rate
            response["RateLimit-Policy"] = f'"requests";q={settings.RATE_LIMIT_PER_S};w=1'
            response["RateLimit"] = f'"requests";r={remaining};t={math.ceil(reset_s)}'
        return super().finalize_response(request, response, *args, **kwargs)
