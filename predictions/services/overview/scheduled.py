"""The scheduled tasks: how their last runs went, and running one at once."""

from django.db import transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from predictions import tasks
from predictions.models import ScheduledRun, ScheduledTask


def list_runs() -> list[ScheduledRun]:
    """Return the scheduled tasks in the order of `ScheduledTask`, with who asked for them. One query."""
    rows = ScheduledRun.objects.select_related("asked_by").in_bulk()
    return [rows[task] for task in ScheduledTask if task in rows]


def ask(task: ScheduledTask, by: User) -> bool:
    """Let a worker run a task at once, or with the next sweep; False if somebody has asked for it already."""
    with transaction.atomic():
        ScheduledRun.objects.get_or_create(name=task)
        is_new = ScheduledRun.objects.filter(name=task, asked_at=None).update(asked_at=Now(), asked_by=by)
        if is_new:
            audit.record(by, "task.asked", task)
            tasks.run_asked()
    return bool(is_new)
