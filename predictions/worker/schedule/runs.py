"""Begin and end runs of scheduled tasks. If two processes begin one, a WHERE clause lets one of them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from predictions.models import EVERY, ScheduledRun, ScheduledTask

LEASE = timedelta(minutes=2)  # well above what any task takes: each stops after its budget
RETRY_AFTER = timedelta(seconds=30)  # doubled with each further failure, at most the task's usual pause
ERROR_CHARS: int = ScheduledRun._meta.get_field("error").max_length or 0
MOST_DOUBLINGS = 10
EARLY = 0.9  # of a pause: beat is not exact, and every second run must not be left out for a few milliseconds

# The attempt is counted before any work: a task that kills its worker comes again later each time.
_BEGIN = """
    INSERT INTO predictions_scheduledrun AS ours (name, claim, lease_until, started_at, due_at, attempts)
    VALUES (%(name)s, %(claim)s, statement_timestamp() + %(lease)s, statement_timestamp(),
        statement_timestamp() + least(%(pause)s, %(lease)s), 1)
    ON CONFLICT (name) DO UPDATE
    SET claim = excluded.claim, lease_until = excluded.lease_until, started_at = excluded.started_at,
        due_at = statement_timestamp() + least(%(pause)s, %(lease)s * power(2, least(ours.attempts, %(doublings)s))),
        attempts = ours.attempts + 1, asked_at = NULL,
        asked_by_id = CASE WHEN ours.asked_at IS NULL THEN NULL ELSE ours.asked_by_id END
    WHERE (ours.lease_until IS NULL OR ours.lease_until <= statement_timestamp())
        AND (%(is_forced)s OR ours.due_at <= statement_timestamp() OR ours.asked_at IS NOT NULL)
    RETURNING attempts
"""


@dataclass(frozen=True)
class Begun:
    """A run that this process has begun. attempt: 1, or more if the runs before it failed."""

    task: ScheduledTask
    claim: UUID
    attempt: int


def find_due() -> list[ScheduledTask]:
    """Return the tasks that are due, the longest due first, after those that were never run. Two queries."""
    known = set(ScheduledRun.objects.values_list("name", flat=True))
    due = ScheduledRun.objects.due().order_by("due_at", "name").values_list("name", flat=True)
    return [task for task in ScheduledTask if task not in known] + [
        ScheduledTask(name)
        for name in due
        if name in ScheduledTask.values  # newer code may know more
    ]


def begin(task: ScheduledTask, *, is_forced: bool = False) -> Begun | None:
    """Begin a run under a lease; None if the task is not due, or if another process runs it. One query.

    is_forced: although it is not due.
    """
    claim = uuid4()
    values: dict[str, Any] = {
        "name": task.value, "claim": claim, "lease": LEASE, "pause": _pause(task), "doublings": MOST_DOUBLINGS,
        "is_forced": is_forced,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, values)
        found = cursor.fetchone()
    return Begun(task, claim, found[0]) if found else None


def succeed(run: Begun, done: int, took_s: float, *, is_finished: bool) -> bool:
    """Record a good run; False if another process took it over. One query. is_finished: else it is due at once."""
    due_at = F("started_at") + _pause(run.task) if is_finished else Now()
    return _end(run, took_s, due_at=due_at, attempts=0, error="", done=done, total=F("total") + done)


def fail(run: Begun, error: Exception, took_s: float) -> bool:
    """Record an error; False if another process took the task over. One query."""
    lines = str(error).strip().splitlines()  # the first: what follows may name a person
    text = f"{type(error).__name__}: {lines[0] if lines else ''}"[:ERROR_CHARS]
    pause = min(_pause(run.task), RETRY_AFTER * 2 ** min(run.attempt - 1, MOST_DOUBLINGS))
    return _end(run, took_s, due_at=Now() + pause, error=text, failed_at=Now(), done=0)


def _end(run: Begun, took_s: float, **columns: object) -> bool:
    held = ScheduledRun.objects.filter(name=run.task, claim=run.claim)
    stamps = {"claim": None, "lease_until": None, "finished_at": Now(), "took_ms": round(1000 * took_s)}
    return bool(held.update(**stamps, **columns))


def _pause(task: ScheduledTask) -> timedelta:
    return EVERY[task] * EARLY
