"""URLs of single sign-on: the way to the provider and back, and allauth's pages about it."""

from allauth.socialaccount.urls import urlpatterns as allauth_patterns
from django.db import transaction
from django.urls import URLPattern, path

from accounts.limits.posts import limit_posts
from accounts.sso import views


def _ours(page: URLPattern) -> URLPattern:
    """Commit what a page changes together, within the limits of forms."""
    view = views.if_set_up(transaction.atomic(page.callback))
    return URLPattern(page.pattern, limit_posts(page.name or "", view), page.default_args, page.name)


urlpatterns = [
    path(
        "oidc/<str:provider_id>/login/",
        limit_posts("openid_connect_login", views.leave),
        name="openid_connect_login",
    ),
    path("oidc/<str:provider_id>/login/callback/", views.come_back, name="openid_connect_callback"),
    *map(_ours, allauth_patterns),
]
