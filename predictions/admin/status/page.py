"""The status page: all checks in their groups, the scheduled tasks, the lanes, and what failed."""

from collections import Counter
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from predictions.admin.start_page import MAY_PAUSE, show_lanes
from predictions.doctor.catalogue import examine
from predictions.doctor.results import Group, Result, State
from predictions.doctor.running import Limits
from predictions.services.overview.failed import MOST, count_failed
from predictions.services.overview.scheduled import run_states

LOOK_S = 4.0  # as a person waits for the page
MAY_LOOK = "predictions.view_workerseen"


@require_safe
def show_status(request: HttpRequest) -> HttpResponse:
    """Show what the doctor sees without trying anything out, so that a GET changes nothing."""
    if not request.user.has_perm(MAY_LOOK):
        raise PermissionDenied
    results = examine(acting=(), limits=Limits(look_s=LOOK_S))
    counts = Counter(result.state for result in results)
    context = admin.site.each_context(request) | {
        "title": _("Status"),
        "at": timezone.now(),
        "counts": [(state.label, counts[state], state) for state in reversed(State) if counts[state]],
        "wrong": [one for state in (State.FAILING, State.WARNING) for one in results if one.state == state],
        "groups": _groups(results),
        **_buttons(request),
    }
    return render(request, "admin/status/page.html", context)


def _groups(results: list[Result]) -> list[tuple[Any, list[Result]]]:
    return [(group.label, [one for one in results if one.group == group]) for group in Group]


def _buttons(request: HttpRequest) -> dict[str, Any]:
    """Return what the buttons are about, for those who may press them."""
    if not request.user.has_perm(MAY_PAUSE):
        return {}
    return {
        "may_pause": True,
        "lanes": show_lanes(),
        "scheduled": run_states(),
        "may_run": True,
        "failed": count_failed(),
        "most": MOST,
    }
