"""The logged-in user and their submissions: a page shows nothing of others."""

from django.http import HttpRequest

from accounts.models import User
from predictions.models import Submission, SubmissionQuerySet


def user_of(request: HttpRequest) -> User:
    """Return the logged-in user."""
    assert isinstance(request.user, User)  # noqa: S101 (login_required)
    return request.user


def own_submissions(request: HttpRequest) -> SubmissionQuerySet:
    """Return the submissions of the logged-in user."""
    return Submission.objects.of(user_of(request))
