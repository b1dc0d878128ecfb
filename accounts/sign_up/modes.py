"""Who may sign up, and what pages offer: by the settings SIGN_UP and EMAIL_VERIFICATION."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import app_settings
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.sign_up import invitations

View = Callable[..., HttpResponse]


def is_open_for(request: HttpRequest) -> bool:
    """Return whether the sender of this request may create an account, in any way. At most one query."""
    if settings.SIGN_UP == "invitation":
        return invitations.of_session(request) is not None
    return bool(settings.SIGN_UP == "open")


def takes_invitations() -> bool:
    """Return whether invitations can be used. Where sign-up is open they still give a role."""
    return bool(settings.SIGN_UP != "closed")


def has_mail() -> bool:
    """Return whether this site sends mail to people."""
    return bool(app_settings.EMAIL_VERIFICATION != "none")


def offers(request: HttpRequest) -> dict[str, Any]:
    """Tell templates whether to link to the sign-up, and to what needs mail. A context processor."""
    return {
        "offers_sign_up": settings.SIGN_UP == "open",
        "offers_invitations": settings.SIGN_UP == "invitation",
        "has_mail": has_mail(),
        "sso_name": settings.OIDC_NAME if settings.OIDC_URL else "",
    }


def unless_without_mail(view: View, instead: View) -> View:
    """Wrap a page that needs mail: on a site without mail, `instead` answers."""

    @wraps(view)
    def chosen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return (view if has_mail() else instead)(request, *args, **kwargs)

    return chosen
