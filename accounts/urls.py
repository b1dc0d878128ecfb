"""URLs of the account pages: django-allauth's and our own."""

from allauth.account.urls import urlpatterns as allauth_patterns
from django.db import transaction
from django.urls import URLPattern, include, path
from django.views.i18n import set_language

from accounts import views
from accounts.limits.posts import limit_posts
from accounts.sign_up import modes

OUTSIDE = {"account_login", "account_logout", "account_reauthenticate"}  # failed attempts must be counted at once

BY_MAIL = {"account_email", "account_reset_password"}


def _in_one_transaction(page: URLPattern) -> URLPattern:
    """Commit a page's change, its mail and its audit entry together, within the limits of forms."""
    view = page.callback if page.name in OUTSIDE else transaction.atomic(page.callback)
    if page.name in BY_MAIL:
        view = modes.unless_without_mail(view, views.no_mail)
    return URLPattern(page.pattern, limit_posts(page.name or "", view), page.default_args, page.name)


urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("preferences/", views.save_preferences, name="save_preferences"),
    path("tokens/", views.make_token, name="make_token"),
    path("tokens/<str:token_key>/revoke/", views.revoke_token, name="revoke_token"),
    path("invitations/<str:code>/", views.open_invitation, name="open_invitation"),
    path("language/", set_language, name="set_language"),
    _in_one_transaction(path("signup/", views.SignUp.as_view(), name="account_signup")),
    _in_one_transaction(path("email/", views.ChangeEmail.as_view(), name="account_email")),
    *map(_in_one_transaction, allauth_patterns),
    path("sso/", include("accounts.sso.urls")),
]
