"""Middleware that keeps browsers from storing what belongs to a person: after the log-out, nothing must be left."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

GetResponse = Callable[[HttpRequest], HttpResponse]


def keep_private(get_response: GetResponse) -> GetResponse:
    """Forbid to store what depends on a session, and let the log-out clear what a browser has stored.

    That is every page, and every other answer that calls itself private, such as an image or the API's JSON: a browser
    that may store one shows it again after the log-out, when its address is opened or by the Back button.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        had_session = bool(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        response = get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        said = response.get("Cache-Control", "")
        if had_session and ((is_page and not said) or "private" in said):
            response["Cache-Control"] = "private, no-store"
        if request.method == "POST" and request.path == reverse("account_logout"):
            response["Clear-Site-Data"] = '"cache"'  # images, which earlier versions let browsers store
        return response

    return answer
