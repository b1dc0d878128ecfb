"""Pause and resume lanes from the admin's start page."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import User
from predictions.admin.start_page import MAY_PAUSE
from predictions.models import WorkLane
from predictions.services.overview import lanes


def change_lane(request: HttpRequest, lane: str) -> HttpResponse:
    """Pause or resume a lane, as the button says that was pressed. A GET, as after a log-in, changes nothing."""
    if lane not in WorkLane.values:
        raise Http404
    if not request.user.has_perm(MAY_PAUSE):
        raise PermissionDenied
    if request.method == "POST":
        assert isinstance(request.user, User)  # noqa: S101 (only a logged-in user has the permission)
        _change(request, WorkLane(lane), request.user)
    return redirect("site-status" if "from_status" in request.POST else "admin:index")


def _change(request: HttpRequest, lane: WorkLane, by: User) -> None:
    names = {"lane": lane.label}
    if "pause" in request.POST:
        if lanes.pause(lane, by):
            text = _(
                "%(lane)s: paused. What arrives waits and is kept as long as ever. What is being read now is finished."
            )
            messages.success(request, text % names)
        else:
            messages.info(request, _("%(lane)s: already paused.") % names)
    elif lanes.resume(lane, by):
        messages.success(request, _("%(lane)s: resumed.") % names)
    else:
        messages.info(request, _("%(lane)s: not paused.") % names)
