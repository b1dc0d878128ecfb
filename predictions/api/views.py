"""What stands before every view of the API: who asks, and how often that may be asked in a second."""

import math
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import rate_limits
from accounts.models import User
from predictions.api import request_parsing
from predictions.services.errors import Refused


def owner_of(request: Request) -> User:
    """Return the user who asks, whom the view's permissions have let in."""
    assert isinstance(request.user, User)  # noqa: S101 (IsAuthenticated has seen to it; this tells the types)
    return request.user


class LimitedView(APIView):
    """A view for users, at most RATE_LIMIT_PER_S requests a second each; its answers say how many are left.

    The headers are those of the IETF's draft "RateLimit header fields for HTTP".
    """

    rate: tuple[int, float] | None = None

    @property
    def body_limit_bytes(self) -> int:
        """Return how many bytes of drawings a body may hold."""
        return 0

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that is too long before anything reads it; count the request once it is known whose it is.

        Raises Refused: 411, 413, 429.
        """
        request_parsing.check_length(request, self.body_limit_bytes)
        super().initial(request, *args, **kwargs)
        is_within, remaining, left_s = rate_limits.count_request(owner_of(request))
        self.rate = (remaining, left_s)
        if not is_within:
            limit = settings.RATE_LIMIT_PER_S
            message = f"More than {limit} requests in a second. Wait a second, and ask less often or in batches."
            raise Refused("too_many_requests", message, 429, retry_after_s=1)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Tell how many requests are left."""
        if self.rate:
            remaining, left_s = self.rate
            response["RateLimit-Policy"] = f'"requests";q={settings.RATE_LIMIT_PER_S};w=1'
            response["RateLimit"] = f'"requests";r={remaining};t={math.ceil(left_s)}'
        return super().finalize_response(request, response, *args, **kwargs)
