"""Middleware that keeps browsers from storing the pages of a person: after the log-out, nothing must be left."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control

GetResponse = Callable[[HttpRequest], HttpResponse]


def keep_private(get_response: GetResponse) -> GetResponse:
    """Forbid to store pages that depend on a session, and let the log-out clear what a browser has stored."""

    def answer(request: HttpRequest) -> HttpResponse:
        had_session = bool(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        response = get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and had_session and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        if request.method == "POST" and request.path == reverse("account_logout"):
            response["Clear-Site-Data"] = '"cache"'  # drawings' images, which are stored for a day
        return response

    return answer
