"""The scheduled tasks: how their last runs went, and running one at once."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from predictions import tasks
from predictions.models import ScheduledRun, ScheduledTask


@dataclass(frozen=True)
class RunState:
    """A scheduled task, and by Postgres' clock how long ago its last run ended; None if there was none.

    is_late: due for minutes, and nobody runs it. is_interrupted: its last run ended with its process.
    """

    run: ScheduledRun
    ago_s: float | None
    is_running: bool
    is_late: bool
    is_interrupted: bool

    @property
    def has_problem(self) -> bool:
        """Whether somebody should look at it."""
        return bool(self.run.error) or self.is_late or self.is_interrupted


def run_states() -> list[RunState]:
    """Return the state of each task that was ever run, in the order of `ScheduledTask`. Four queries."""
    rows = ScheduledRun.objects.select_related("asked_by").annotate(ago=Now() - F("finished_at"))
    found = {row.name: row for row in rows}
    running, late, interrupted = (
        set(some.values_list("name", flat=True))
        for some in (ScheduledRun.objects.running(), ScheduledRun.objects.late(), ScheduledRun.objects.interrupted())
    )
    return [
        RunState(
            run=found[task],
            ago_s=found[task].ago.total_seconds() if found[task].ago is not None else None,
            is_running=task in running,
            is_late=task in late,
            is_interrupted=task in interrupted,
        )
        for task in ScheduledTask
        if task in found
    ]


def ask(task: ScheduledTask, by: User) -> bool:
    """Let a worker run a task at once, or with the next sweep; False if somebody has asked for it already."""
    with transaction.atomic():
        ScheduledRun.objects.get_or_create(name=task)
        is_new = ScheduledRun.objects.filter(name=task, asked_at=None).update(asked_at=Now(), asked_by=by)
        if is_new:
            audit.record(by, "task.asked", task)
            tasks.run_asked()
    return bool(is_new)
