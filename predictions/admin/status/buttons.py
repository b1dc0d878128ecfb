"""The buttons of the status page: run a scheduled task now, and put back what failed. Each asks before it acts."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from predictions.admin.start_page import MAY_PAUSE
from predictions.models import ScheduledTask
from predictions.services.overview import scheduled
from predictions.services.overview.failed import MOST, count_failed, retry_failed


def _operator(request: HttpRequest) -> User:
    """Return who acts. Raises PermissionDenied."""
    if not request.user.has_perm(MAY_PAUSE):
        raise PermissionDenied
    assert isinstance(request.user, User)  # noqa: S101 (only a logged-in user has the permission)
    return request.user


def run_task(request: HttpRequest, name: str) -> HttpResponse:
    """Let a worker run a scheduled task at once. A GET, as after a log-in, asks first."""
    by = _operator(request)
    if name not in ScheduledTask.values:
        raise Http404
    task = ScheduledTask(name)
    if "confirmed" not in request.POST:
        text = _(
            "A worker does what is due of it now, instead of at its next time. It can be run as often as you like."
        )
        return _ask(request, _("Run now: %(task)s?") % {"task": task.label}, text, _("Run it now"))
    if scheduled.ask(task, by):
        messages.success(request, _("%(task)s: a worker runs it now.") % {"task": task.label})
    else:
        messages.info(request, _("%(task)s: somebody has asked for it already.") % {"task": task.label})
    return redirect("site-status")


def retry(request: HttpRequest) -> HttpResponse:
    """Put drawings that failed by our fault back into the queue. A GET asks first."""
    by = _operator(request)
    if "confirmed" not in request.POST:
        count = min(count_failed(), MOST)
        title = ngettext("Read %(count)d failed drawing again?", "Read %(count)d failed drawings again?", count)
        text = _("They wait in the bulk lane, behind what people send now. What failed because of the drawing is left.")
        return _ask(request, title % {"count": count}, text, _("Put them back"))
    count = retry_failed(by)
    done = ngettext("%(count)d drawing is in the queue again.", "%(count)d drawings are in the queue again.", count)
    messages.success(request, done % {"count": count})
    return redirect("site-status")


def _ask(request: HttpRequest, title: str, text: str, button: str) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": title, "text": text, "button": button}
    return render(request, "admin/status/confirm.html", context)
