"""The logged-in user and their submissions: a page shows nothing of others, except to reviewers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from accounts.factors.policy import lead_to_setup
from accounts.models import User
from accounts.roles import is_reviewer, may_review
from predictions.models import Submission, SubmissionQuerySet
from predictions.services.errors import error_body

View = Callable[..., HttpResponse]
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}  # of pictures


def user_of(request: HttpRequest) -> User:
    """Return the logged-in user."""
    assert isinstance(request.user, User)  # noqa: S101 (login_required)
    return request.user


def own_submissions(request: HttpRequest) -> SubmissionQuerySet:
    """Return the submissions of the logged-in user."""
    return Submission.objects.of(user_of(request))


def reviewers_only(view: View) -> View:
    """Call the view for reviewers and admins; for other users it is missing. Others log in, their scripts get 401.

    Reviewers without a second factor that they must have are led to add one.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **given: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if request.method == "POST":
                return JsonResponse(error_body("not_authenticated", "Log in first."), status=401)
            return redirect_to_login(request.get_full_path())
        if not may_review(request.user):
            if not is_reviewer(request.user):
                raise Http404
            if request.method == "POST":
                return JsonResponse(error_body("second_factor_required", "Add a second factor first."), status=403)
            return lead_to_setup(request)
        return view(request, **given)

    return guarded
