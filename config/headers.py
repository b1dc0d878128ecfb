"""The security headers of every response: the one place that says them.

The middleware is the outermost one, so that it reaches what others answer: health checks, the API's fast path, static
files, redirects and errors. docker/proxy/own_responses.conf says the same of what the proxy answers itself.
"""

from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import reverse

# What no page of ours uses is refused, as far as Chromium knows its name: of an unknown one it warns in the console.
ALLOWED = ("clipboard-write", "fullscreen", "publickey-credentials-create", "publickey-credentials-get")
DENIED = (
    *("accelerometer", "autoplay", "camera", "clipboard-read", "display-capture", "encrypted-media", "gamepad"),
    *("geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts", "magnetometer"),
    *("microphone", "midi", "otp-credentials", "payment", "picture-in-picture", "screen-wake-lock", "serial"),
    *("storage-access", "sync-xhr", "usb", "window-management", "xr-spatial-tracking"),
)
FIXED = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join([f"{name}=()" for name in DENIED] + [f"{name}=(self)" for name in ALLOWED]),
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
}
# Of JSON, images and all else that is no page: opened by itself, it loads and runs nothing.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# A worker has the policy of its own file. Ours load modules and ask the site.
OF_SCRIPTS = f"{NOTHING}; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"
SCRIPTS = ("text/javascript", "application/javascript")
WITHOUT_TRUSTED_TYPES = {"require-trusted-types-for": None, "trusted-types": None}


class SecurityHeaders(CSPMiddleware):
    """Adds to each response the headers that say what browsers may do with it, and gives pages their nonce."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self._django = SecurityMiddleware(get_response)  # HSTS, and the headers that have a setting of Django

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
        """Add what is missing. What a view says itself stays."""
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        self._django.process_response(request, response)
        if response.status_code == 304:  # the policy belongs to the stored body, whose nonce is another
            del response.headers[HEADER]
            return response
        kind = response.get("Content-Type", "").partition(";")[0]
        if kind == "text/html":
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, OF_SCRIPTS if kind in SCRIPTS else NOTHING)
        return response

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return what the policy is made of. In the admin, jQuery 3 writes HTML as text, even while it loads."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(reverse("admin:index")):
            parts.replace = {**WITHOUT_TRUSTED_TYPES, **(parts.replace or {})}
        return parts


def of_plain_responses() -> dict[str, str]:
    """Return the headers of JSON and text that are answered before there is a request for Django."""
    response = HttpResponse(content_type="text/plain")
    SecurityHeaders(lambda _: response).process_response(_UnreadRequest(), response)
    del response.headers["Content-Type"]
    return dict(response.headers)


class _UnreadRequest(HttpRequest):
    def is_secure(self) -> bool:
        return bool(settings.IS_HTTPS)
