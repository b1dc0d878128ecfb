"""The pages of one's own account, in sections; those of django-allauth are in `accounts.views`."""

from django.http import HttpRequest

from accounts.models import User


def user_of(request: HttpRequest) -> User:
    """Return the logged-in user of a view that requires one."""
    assert isinstance(request.user, User)  # noqa: S101  # login_required ensures it; for mypy
    return request.user
