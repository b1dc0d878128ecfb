"""What runs by the clock: `run_due` runs what is due, as beat asks for every 30 s, and `run` one task now.

Every task can be run twice, at once too: leases and SKIP LOCKED keep two beats from disturbing each other, and nothing
relies on them. Each stops after a budget, and goes on with the next sweep. One that fails keeps no other from running.
"""

import logging
import time

from django.db import close_old_connections, connection

from predictions.models import ScheduledTask
from predictions.worker import sweep
from predictions.worker.schedule import runs
from predictions.worker.schedule.tasks import TASKS

logger = logging.getLogger(__name__)

BUDGET_S = 20.0  # of a sweep: what is due and not begun by then is left to the next


def run_due() -> bool:
    """Run the tasks that are due, each at most once. Returns whether anything is unfinished that workers do."""
    until = time.monotonic() + BUDGET_S
    for task in runs.find_due():
        if time.monotonic() < until:
            run(task)
    return sweep.is_anything_waiting()


def run_all() -> bool:
    """Run every task but the test digit, due or not, unless another process runs it; return as `run_due` does."""
    for task in TASKS:
        if task != ScheduledTask.GOLDEN:
            run(task, is_forced=True)
    return sweep.is_anything_waiting()


def run(task: ScheduledTask, *, is_forced: bool = False) -> bool:
    """Run a task, if it is due and no other process runs it; record how it went. Returns whether it ran and worked.

    is_forced: although it is not due.
    """
    begun = runs.begin(task, is_forced=is_forced)
    if begun is None:
        return False
    began_at = time.monotonic()
    try:
        outcome = TASKS[task]()
    except Exception as error:  # logged, stored and shown in the admin; the other tasks go on
        logger.exception("the scheduled task %s failed", task)
        if not connection.in_atomic_block:
            close_old_connections()  # if that is what broke, so that it can be recorded
        runs.fail(begun, error, time.monotonic() - began_at)
        return False
    took_s = time.monotonic() - began_at
    if outcome.count and task != ScheduledTask.GOLDEN:
        logger.info("%s: %d in %.1f s", task, outcome.count, took_s)
    return runs.succeed(begun, outcome.count, took_s, is_finished=outcome.is_finished)
