"""URLs of the account pages: django-allauth's and our own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.urls import urlpatterns as allauth_patterns
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, include, path
from django.views.i18n import set_language

from accounts import views
from accounts.audit import pages as activity
from accounts.factors.urls import urlpatterns as factor_patterns
from accounts.identity.sessions import renew_key
from accounts.limits.posts import limit_posts
from accounts.pages import deletion, profile, sessions, tokens
from accounts.sign_up import modes

OUTSIDE = {  # failed attempts must be counted at once
    *("account_login", "account_logout", "account_reauthenticate"),
    *("mfa_authenticate", "mfa_login_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
}

CONFIRMING = {"account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
BY_MAIL = {"account_email", "account_reset_password"}


def _with_new_key(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a page on which people confirm who they are: who does has a session with another key afterwards."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        before = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY)
        response = view(request, *args, **kwargs)
        is_logged_in = SESSION_KEY in request.session  # what was to be confirmed may have ended the session
        if is_logged_in and request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) != before:
            renew_key(request)
        return response

    return answer


def _in_one_transaction(page: URLPattern) -> URLPattern:
    """Commit a page's change, its mail and its audit entry together, within the limits of forms."""
    view = page.callback if page.name in OUTSIDE else transaction.atomic(page.callback)
    if page.name in BY_MAIL:
        view = modes.unless_without_mail(view, views.no_mail)
    if page.name in CONFIRMING:
        view = _with_new_key(view)
    return URLPattern(page.pattern, limit_posts(page.name or "", view), page.default_args, page.name)


urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("preferences/", profile.save_preferences, name="save_preferences"),
    path("data/", profile.data, name="account_data"),
    path("data/training/", profile.save_training, name="save_training"),
    path("data/delete/", deletion.delete_account, name="delete_account"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/end-others/", sessions.end_others, name="end_other_sessions"),
    path("sessions/<str:id_>/end/", sessions.end_one, name="end_session"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<str:token_key>/revoke/", tokens.revoke_token, name="revoke_token"),
    path("activity/", activity.activity, name="activity"),
    path("activity/export/", activity.export, name="export_activity"),
    path("invitations/<str:code>/", views.open_invitation, name="open_invitation"),
    path("language/", set_language, name="set_language"),
    _in_one_transaction(path("signup/", views.SignUp.as_view(), name="account_signup")),
    _in_one_transaction(
        path("password/change/", login_required(views.ChangePassword.as_view()), name="account_change_password")
    ),
    _in_one_transaction(path("email/", views.ChangeEmail.as_view(), name="account_email")),
    *map(_in_one_transaction, allauth_patterns),
    *map(_in_one_transaction, factor_patterns),
    path("sso/", include("accounts.sso.urls")),
]
