"""`/.well-known/security.txt`: whom to tell about a security problem (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

VALID_FOR = timedelta(days=90)  # RFC 9116 wants less than a year; each request makes it again


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Tell the operator's contact, until when that holds, and where this file belongs. 404 without a contact."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = (datetime.now(UTC) + VALID_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        f"Canonical: {settings.PUBLIC_URL}/.well-known/security.txt",
        "Preferred-Languages: " + ", ".join(code for code, _ in settings.LANGUAGES),
    )
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
