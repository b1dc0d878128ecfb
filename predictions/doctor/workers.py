"""The workers: whether there are any, what they read with, and whether they take what waits."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from predictions import metrics, registry
from predictions.doctor.queue_tables import find_unlock
from predictions.doctor.results import Finding, failing, fine, skipped, warning, worst
from predictions.models import Lane, ModelVersion, Status, Submission, WorkerSeen

FOLLOWS_WITHIN = timedelta(seconds=60)  # after a promotion; a busy worker follows at its next batch
STUCK_AFTER_S = 15.0
LOOK_AGAIN_S = 1.0


def _logs() -> str:
    return _("Read the workers' logs (docker compose logs worker), and restart them.")


def check_workers() -> Finding:
    """Count the workers by device and version of the code."""
    alive = list(metrics.workers())
    if not alive:
        last = WorkerSeen.objects.order_by("-seen_at").values_list("name", flat=True).first()
        seen = _("No worker is running; the last one was %(name)s.") if last else _("No worker is running.")
        remedy = _("Start workers (docker compose up -d worker), and read their logs: docker compose logs worker.")
        return failing(seen % {"name": last} if last else seen, remedy)
    kinds = Counter((one.device or "?", one.code or "?") for one in alive)
    words = ", ".join(f"{count} × {device} ({code})" for (device, code), count in sorted(kinds.items()))
    seen = _("%(count)d running: %(kinds)s.") % {"count": len(alive), "kinds": words}
    others = sorted({one.code for one in alive if one.code and one.code != settings.CODE_VERSION})
    if others:
        other = _("This process is version %(own)s, some workers %(others)s.")
        remedy = _("Finish the upgrade, so that all processes run one version; during it, wait.")
        return warning(f"{seen} {other % {'own': settings.CODE_VERSION, 'others': ', '.join(others)}}", remedy)
    return fine(seen)


def check_models() -> Finding:
    """Check that every worker reads with the live model, or with the one that stands in for it."""
    try:
        serving = registry.serving()
    except registry.NoModel:
        return skipped(_("No model is live, which another check tells."))
    alive = list(metrics.workers())
    found = [*_old_models(alive, serving)]
    if serving.is_stand_in:
        names = {"live": serving.live, "other": serving.version}
        remedy = _("Promote a version that was made for this code: python manage.py promote NAME --by USER.")
        found.append(warning(_("%(live)s was made for other code; %(other)s reads in its place.") % names, remedy))
    return worst(found, fine(_("Every worker reads with %(name)s.") % {"name": serving.version}))


def _old_models(alive: list[WorkerSeen], serving: registry.Serving) -> Iterator[Finding]:
    since = ModelVersion.objects.filter(pk=serving.live.pk, promoted_at__lt=Now() - FOLLOWS_WITHIN)
    is_settled = since.exists()
    for worker in alive:
        names = {"worker": worker.name, "model": worker.model_version, "live": serving.version, "why": worker.trouble}
        if worker.trouble and not serving.is_stand_in:
            remedy = _("Roll back (python manage.py promote --rollback --by USER), or register that version again.")
            yield failing(_("%(worker)s reads with %(model)s: %(why)s") % names, remedy)
        elif worker.model_version_id != serving.version.pk and is_settled:
            yield failing(_("%(worker)s reads with %(model)s, not with %(live)s.") % names, _logs())


def check_progress() -> Finding:
    """Check that what is to be read at once does not wait while workers are running."""
    if metrics.is_paused():
        remedy = _("Resume it on the admin's start page, once the reason is gone.")
        return warning(_("Single drawings are paused, so they wait."), remedy)
    if not metrics.workers().exists():
        return skipped(_("No worker is running, which another check tells."))
    first, age_s = _oldest()
    if first is not None and age_s > STUCK_AFTER_S and _is_idle():
        time.sleep(LOOK_AGAIN_S)  # under load, another one is the oldest by then
        if _oldest()[0] == first and _is_idle():
            seen = _("Workers are running, but take nothing: a drawing has waited for %(seconds)d s.")
            return failing(seen % {"seconds": age_s}, find_unlock() or _logs())
    return fine(_("The oldest single drawing has waited for %(seconds).1f s.") % {"seconds": age_s})


def _oldest() -> tuple[int | None, float]:
    """Return the key and the age in seconds of the interactive drawing that has waited longest. One query."""
    waiting = Submission.objects.waiting().filter(lane=Lane.INTERACTIVE)
    age = ExpressionWrapper(Now() - F("available_at"), DurationField())
    found = waiting.order_by("available_at").values_list("pk", age).first()
    return (found[0], found[1].total_seconds()) if found else (None, 0.0)


def _is_idle() -> bool:
    """Return whether no worker holds a drawing. One query."""
    return not Submission.objects.filter(status=Status.RUNNING, lease_until__gte=Now()).exists()
