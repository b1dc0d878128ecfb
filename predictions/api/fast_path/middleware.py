"""Middleware that answers the most frequent API requests without most middleware, DRF's views and its requests.

It leads only to what those would do: authentication, limits, parsing, storing and the body are the same functions, and
so are the middleware that add headers or refuse a request. Whatever is not plain, and every refusal, goes to the
ordinary view; what was done already is passed on in `request.attempt`, so that nothing is counted or stored twice.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from predictions.api.fast_path.views import UseOrdinaryView, get_submission, post_drawing

GetResponse = Callable[[HttpRequest], HttpResponse]
# Of settings.MIDDLEWARE, those that a request with a token and without cookies can tell.
NEEDED = {
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
}
LIST = "/api/v1/submissions/"
DETAIL = re.compile(LIST + r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
QUERY = re.compile(r"(?:wait=[0-9]{1,4})?")
MEDIA_TYPES = {"application/json", "application/octet-stream", "image/png", "image/jpeg", "image/webp"}
BODY_LIMIT_BYTES = 1_000_000  # larger ones are rare, and dear in any case


def fast_path(get_response: GetResponse) -> GetResponse:
    """Answer plain requests by a short chain of middleware, all others by the ordinary one."""
    post, get = _chain(post_drawing), _chain(get_submission)

    def answer(request: HttpRequest) -> HttpResponse:
        short = post if _is_plain_post(request) else get if _is_plain_get(request) else None
        if short:
            request.route = "api-submissions" if short is post else "api-submission"  # type: ignore[attr-defined]
            try:
                return short(request)
            except (UseOrdinaryView, SuspiciousOperation):  # the latter for a wrong host, before anything is done
                pass
        return get_response(request)

    return answer


def _chain(view: GetResponse) -> GetResponse:
    for name in reversed(settings.MIDDLEWARE):
        if name in NEEDED:
            view = import_string(name)(view)
    return view


def _is_plain(request: HttpRequest) -> bool:
    sent = request.META
    is_ours = sent.get("HTTP_AUTHORIZATION", "").startswith("Token ") and not sent.get("SCRIPT_NAME")
    return is_ours and not sent.get("HTTP_COOKIE") and "HTTP_TRANSFER_ENCODING" not in sent


def _is_plain_post(request: HttpRequest) -> bool:
    if request.method != "POST" or request.path_info != LIST or request.META.get("QUERY_STRING"):
        return False
    length = request.META.get("CONTENT_LENGTH") or ""
    is_small = length.isascii() and length.isdecimal() and 0 < int(length) <= BODY_LIMIT_BYTES
    return is_small and request.META.get("CONTENT_TYPE") in MEDIA_TYPES and _is_plain(request)


def _is_plain_get(request: HttpRequest) -> bool:
    if request.method != "GET" or not QUERY.fullmatch(request.META.get("QUERY_STRING", "")):
        return False
    return DETAIL.fullmatch(request.path_info) is not None and _is_plain(request)
