"""Middleware that refuses the API over http where the site has https: a redirect would hide that a token was sent."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

MESSAGE = "Use https. What this request held was sent in the clear: revoke its token, if it had one."
DOCS = "/api/docs"  # a page, which people open
GetResponse = Callable[[HttpRequest], HttpResponse]


def refuse_api(get_response: GetResponse) -> GetResponse:
    """Answer 403 to requests to the API that did not come by https. Pages are redirected, as people follow links."""

    def answer(request: HttpRequest) -> HttpResponse:
        is_for_programs = request.path_info.startswith("/api/") and not request.path_info.startswith(DOCS)
        if settings.SECURE_SSL_REDIRECT and is_for_programs and not request.is_secure():
            return JsonResponse({"error": {"code": "https_required", "message": MESSAGE}}, status=403)
        return get_response(request)

    return answer
