"""The model: whether the live one is what was registered, and whether a known digit is read right."""

import time

from django.utils.translation import gettext as _

from predictions import artifact_sets, metrics, registry, tasks
from predictions.doctor.results import Finding, failing, fine, skipped, warning
from predictions.models import GOLDEN_DIGIT, ErrorCode, Lane, Submission
from predictions.worker.golden import queue_golden

POLL_S = 0.1


def check_live_model() -> Finding:
    """Compare the bytes of the live version with their SHA-256 and signatures, in every format."""
    try:
        live = registry.live_version()
    except registry.NoModel:
        remedy = _("Run python manage.py install_model, or python manage.py promote NAME --by USER.")
        return failing(_("No model is live, so nothing is read."), remedy)
    register = _("Register it again from its files (manage.py register_model), or roll back: promote --rollback.")
    try:
        artifacts = artifact_sets.load_all(live)
    except artifact_sets.TamperedArtifact as error:
        return failing(str(error), register)
    if not artifacts:
        return failing(_("%(name)s has no networks in the database.") % {"name": live}, register)
    words = {"name": live, "count": len(artifacts), "sha256": live.sha256[:8]}
    return fine(_("%(name)s (%(sha256)s): %(count)d artifacts are as they were registered.") % words)


def check_last_golden() -> Finding:
    """Tell how the last golden digit was read, without sending one."""
    last = metrics.golden()
    if last is None:
        return warning(_("No golden digit was read for a day."), _start_all())
    seen = _("The last one was finished %(ago)d s ago, after %(took).1f s.")
    seen %= {"ago": last["ago_s"], "took": last["took_s"]}
    if not last["is_right"]:
        return _wrong(seen)
    if {*Lane} <= {*metrics.paused_lanes()}:
        return skipped(_("All lanes are paused."))
    return failing(seen, _start_all()) if last["ago_s"] > metrics.GOLDEN_WITHIN_S else fine(seen)


def read_golden(wait_s: float) -> Finding:
    """Send a golden digit through the real queue, and check how it is read."""
    if {*Lane} <= {*metrics.paused_lanes()}:
        return skipped(_("All lanes are paused, so none was sent."), _("Resume a lane on the admin's start page."))
    began = time.monotonic()
    submission = wait_for_golden(wait_s)
    took_s = time.monotonic() - began
    names = {"digit": GOLDEN_DIGIT, "text": submission.text, "seconds": took_s}
    if submission.finished_at is None:
        seen = _("A %(digit)d was queued, but no worker read it within %(seconds)d s.") % names
        return failing(seen, _start_all())
    if submission.error_code:
        why = ErrorCode(submission.error_code).label
        return _wrong(_("A %(digit)d could not be read: %(why)s") % (names | {"why": why}))
    if submission.text != str(GOLDEN_DIGIT):
        return _wrong(_("A %(digit)d was read as %(text)s.") % names)
    return fine(_("A %(digit)d was read as %(text)s after %(seconds).1f s.") % names)


def wait_for_golden(wait_s: float) -> Submission:
    """Queue a golden digit, wake a worker, and return its row once it is finished, or after `wait_s`."""
    submission = queue_golden()
    tasks.wake_worker(submission.lane)
    deadline = time.monotonic() + wait_s
    while submission.finished_at is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
        submission.refresh_from_db()
    return submission


def _wrong(seen: str) -> Finding:
    remedy = _(
        "Roll back to the model before: python manage.py promote --rollback --by USER. See READER and RUNTIME too."
    )
    return failing(seen, remedy)


def _start_all() -> str:
    return _("Start workers and beat (docker compose up -d worker beat), and read their logs.")
