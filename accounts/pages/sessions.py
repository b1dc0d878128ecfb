"""Sessions: where the user is logged in, and the end of one or of all others."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import audit
from accounts.identity import access
from accounts.identity.sessions import end_session, list_sessions, track_session
from accounts.limits import devices
from accounts.pages import user_of
from accounts.post_only import post_only


@login_required
@never_cache
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """List where the user is logged in. Four queries, however many sessions."""
    track_session(request)  # this one is in the list, even if it began before there was one
    found = list_sessions(user_of(request), request.session.session_key)
    return render(request, "accounts/sessions.html", {"sessions": found})


@post_only("sessions")
def end_one(request: HttpRequest, id_: str) -> HttpResponse:
    """End one session. 404 if the user has none with this id. This session is ended by the log-out instead.

    Raises:
        ReauthenticationRequired: unless the user has just confirmed who is there.
    """
    raise_if_reauthentication_required(request, app="allauth.account")
    user = user_of(request)
    if not end_session(user, id_, but=request.session.session_key):
        raise Http404
    messages.success(request, _("The device was logged out."))
    return redirect("sessions")


@post_only("sessions")
def end_others(request: HttpRequest) -> HttpResponse:
    """End all sessions but this one. Raises ReauthenticationRequired as `end_one`."""
    raise_if_reauthentication_required(request, app="allauth.account")
    user = user_of(request)
    with transaction.atomic():
        access.end_other_sessions(request, user)
        audit.record(user, "sessions.others_ended", user)
    messages.success(request, _("All other devices were logged out."))
    response = redirect("sessions")
    devices.remember(request, response, user)  # this browser stays known
    return response
