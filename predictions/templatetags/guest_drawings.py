"""The question what to keep of what was drawn before the log-in."""

import base64
from typing import Any

from django import template
from django.utils.translation import gettext as _

from accounts.guests import sessions as guest_sessions
from predictions.models import Drawing, Submission
from predictions.services import guests

register = template.Library()
SHOWN = 6  # drawings; the others are counted


@register.inclusion_tag("predictions/_keep_guest_drawings.html", takes_context=True)
def ask_about_guest_drawings(context: template.Context) -> dict[str, Any]:
    """Ask a user who has drawn as a guest whether to keep the drawings. Two queries then, and none otherwise."""
    request = context["request"]
    if not request.user.is_authenticated or not (key := guest_sessions.key_of(request.session)):
        return {}
    rows = list(guests.drawings_of(key).current().newest_first().only("key", "text", "written", "expects"))
    if not rows:  # they have expired
        guest_sessions.forget(request.session)
        return {}
    stored = Drawing.objects.filter(submission__in=rows[:SHOWN]).values_list("submission", "thumbnail")
    images = {key: base64.b64encode(thumbnail or b"").decode() for key, thumbnail in stored}
    return {
        "count": len(rows),
        "more": max(0, len(rows) - SHOWN),
        "shown": [{"label": _label(row), "image": images.get(row.pk, "")} for row in rows[:SHOWN]],
        "csrf_token": context.get("csrf_token"),
    }


def _label(row: Submission) -> str:
    return _("Read as %(text)s") % {"text": row.shown_text} if row.text else _("The drawing")
