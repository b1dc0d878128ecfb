"""What each scheduled task does. How often is in `predictions.models.scheduled`."""

from collections.abc import Callable

from accounts import deletion, outbox
from accounts.audit import old_events
from predictions.models import ScheduledTask
from predictions.services.candidates import retraining
from predictions.worker import golden, old_drawings, retention, sweep
from predictions.worker.slices import Outcome


def _send_golden() -> Outcome:
    golden.queue_golden()
    return Outcome(1)


def _retrain() -> Outcome:
    return Outcome(int(retraining.start_if_due() is not None))


TASKS: dict[ScheduledTask, Callable[[], Outcome]] = {
    ScheduledTask.UNFINISHED: lambda: Outcome(sweep.repair()),
    ScheduledTask.GOLDEN: _send_golden,
    ScheduledTask.GUESTS: retention.delete_guests,
    ScheduledTask.DELETED: retention.delete_deleted,
    ScheduledTask.SUPERSEDED: retention.delete_superseded,
    ScheduledTask.OLD: old_drawings.delete_old,
    ScheduledTask.ACCOUNTS: lambda: Outcome(deletion.finish_all()),
    ScheduledTask.AUDIT_NAMES: lambda: Outcome(old_events.move_names()),
    ScheduledTask.EXPORTS: retention.delete_exports,
    ScheduledTask.COUNTS: retention.delete_counts,
    ScheduledTask.SESSIONS: retention.delete_sessions,
    ScheduledTask.KEYS: retention.delete_keys,
    ScheduledTask.MAIL: lambda: Outcome(outbox.delete_old()),
    ScheduledTask.REMAINS: retention.delete_remains,
    ScheduledTask.RETRAINING: _retrain,
}
