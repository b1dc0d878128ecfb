"""The processes that neither Postgres nor a heartbeat tells of: the site itself, and beat, by what it has sent."""

from datetime import timedelta
from http.client import HTTPException  # nosemgrep: way-out (as below)
from urllib.request import ProxyHandler, build_opener  # nosemgrep: way-out (asks our own web process)

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from predictions import metrics
from predictions.doctor.results import Finding, failing, fine, skipped, worst
from predictions.doctor.running import first_line
from predictions.models import ScheduledRun

NEW_FOR = timedelta(minutes=3)
LIMIT_S = 3.0


def check_web() -> Finding:
    """Ask a web process of this site, as a health check does."""
    if not settings.WEB_URL:
        return skipped(_("WEB_URL does not say where the site is reached from here."))
    try:
        with build_opener(ProxyHandler({})).open(f"{settings.WEB_URL}/health/live", timeout=LIMIT_S):
            return fine(_("The site answers at %(address)s.") % {"address": settings.WEB_URL})
    except (OSError, HTTPException) as error:
        words = {"address": settings.WEB_URL, "error": first_line(error) or type(error).__name__}
        remedy = _("Read the log of web (docker compose logs web), and restart it: docker compose restart web.")
        return failing(_("The site does not answer at %(address)s: %(error)s") % words, remedy)


def check_beat() -> Finding:
    """Find tasks that should have run long ago, and those whose last run failed."""
    runs = list(ScheduledRun.objects.all())
    late = ScheduledRun.objects.late().count()
    found = []
    if not runs:
        if MigrationRecorder.Migration.objects.filter(applied__gt=Now() - NEW_FOR).exists():
            return skipped(_("No scheduled task has run yet, as this site is new."))
        found.append(failing(_("No scheduled task has ever run."), _remedy()))
    elif late:
        seen = _("%(late)d of %(all)d scheduled tasks have been due for more than 3 minutes.")
        found.append(failing(seen % {"late": late, "all": len(runs)}, _remedy()))
    for run in runs:
        if run.error:
            names = {"name": run.name, "error": run.error}
            remedy = _(
                "Read the workers' logs for this error (docker compose logs worker); it is tried again by itself."
            )
            found.append(failing(_("The scheduled task %(name)s failed: %(error)s") % names, remedy))
    return worst(found, fine(_("%(count)d scheduled tasks run when they are due.") % {"count": len(runs)}))


def _remedy() -> str:
    if not metrics.workers().exists():
        return _("Start workers first (docker compose up -d worker), which do what beat asks for.")
    return _("Start beat, exactly one (docker compose up -d beat), and read its log.")
