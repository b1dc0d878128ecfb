"""The views of the fast path: what `submissions` does, in plain Django. `middleware` chooses who comes here."""

import uuid
from collections.abc import Callable
from functools import cached_property
from typing import IO, Any, cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import conditional_page
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.tokens import TokenAuthentication
from predictions.api import request_parsing, submissions
from predictions.api.parsers import ImageParser, JSONParser
from predictions.api.responses import ResponseParts
from predictions.api.views import Attempt

AUTHENTICATION, RENDERER = TokenAuthentication(), JSONRenderer()
VIEWS: dict[str, submissions.DrawingView] = {"POST": submissions.Submissions(), "GET": submissions.SubmissionDetail()}
PERMISSIONS = submissions.DrawingView().get_permissions()
for _view in VIEWS.values():
    _view.setup(HttpRequest())  # Django allows HEAD here
ALLOWED = {view: ", ".join(view.allowed_methods) for view in VIEWS.values()}


class UseOrdinaryView(Exception):
    """Something is not plain: the ordinary view must answer, and finds what was done already in `request.attempt`."""


class PlainRequest:
    """What functions of the API ask of DRF's Request, on top of Django's own."""

    def __init__(self, request: HttpRequest, user: User, auth: ApiToken) -> None:
        self._request, self.user, self.auth = request, user, auth
        self.query_params = request.GET

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)

    @cached_property
    def data(self) -> Any:
        """The parsed body. Raises Refused, or UnreadablePostError if the client goes away."""
        is_json = self._request.content_type == JSONParser.media_type
        return (JSONParser() if is_json else ImageParser()).parse(cast(IO[bytes], self._request))


def post_drawing(request: HttpRequest) -> HttpResponse:
    """Queue a drawing, as `submissions.Submissions.post`. Raises UseOrdinaryView."""
    return _answer(request, submissions.submit)


@conditional_page
def get_submission(request: HttpRequest) -> HttpResponse:
    """Show a submission, as `submissions.SubmissionDetail.get`. Raises UseOrdinaryView."""
    id_ = uuid.UUID(request.path_info.rstrip("/").rpartition("/")[2])
    return _answer(request, lambda plain: submissions.show(plain, id_))


def _answer(request: HttpRequest, act: Callable[[Request], ResponseParts]) -> HttpResponse:
    attempt = Attempt()
    request.attempt = attempt  # type: ignore[attr-defined]
    view = VIEWS[request.method or ""]
    try:
        answer = act(_admit(request, view, attempt))
    except UseOrdinaryView:
        raise
    except Exception as error:  # the ordinary view raises it again, and turns it into a response
        attempt.error = error
        raise UseOrdinaryView from None
    headers = {"Allow": ALLOWED[view], **answer.headers, **attempt.headers}
    body = RENDERER.render(answer.body)
    response = HttpResponse(body, status=answer.status, content_type=RENDERER.media_type, headers=headers)
    response.data = answer.body  # type: ignore[attr-defined]  # where DRF's responses have it
    return response


def _admit(request: HttpRequest, view: submissions.DrawingView, attempt: Attempt) -> Request:
    """Check, authenticate and count a request as `LimitedView.initial` does, and return it with what is known now.

    Raises:
        UseOrdinaryView: without a permission.
        Refused, APIException: as there.
    """
    plain = cast(Request, request)
    request_parsing.check_length(plain, view.body_limit_bytes)
    found = AUTHENTICATION.authenticate(plain)
    if found is None:
        raise UseOrdinaryView
    attempt.user = found[0]
    plain = cast(Request, PlainRequest(request, *found))
    if not all(permission.has_permission(plain, view) for permission in PERMISSIONS):
        raise UseOrdinaryView
    attempt.count(found[0])
    return plain
