"""What becomes of the drawings that somebody made before they logged in: the user keeps or deletes them."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.guests import sessions as guest_sessions
from accounts.post_only import post_only
from predictions.pages.access import user_of
from predictions.services import guests


@post_only("draw")
def keep(request: HttpRequest) -> HttpResponse:
    """Add the drawings to the user's history. They are added once, however often this is sent."""
    count = guests.claim(guest_sessions.key_of(request.session), user_of(request))
    guest_sessions.forget(request.session)
    if not count:
        messages.info(request, _("These drawings are already in your history, or were deleted."))
    else:
        added = ngettext(
            "%(count)d drawing is now in your history.", "%(count)d drawings are now in your history.", count
        )
        messages.success(request, added % {"count": count})
    return redirect("history")


@post_only("draw")
def discard(request: HttpRequest) -> HttpResponse:
    """Delete the drawings."""
    with transaction.atomic():
        if count := guests.discard(guest_sessions.key_of(request.session)):
            audit.record(user_of(request), "guest_drawings.deleted", count=count)
    guest_sessions.forget(request.session)
    messages.success(request, _("The drawings from before you logged in were deleted."))
    return redirect("draw")
