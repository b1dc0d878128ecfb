"""Celery tasks, one call each, and how the web wakes workers. A message carries only a queue's name, never the truth.

No module below this one imports it: workers return what they did, and this module wakes another if more is waiting.
The names of tasks and queues stay, because older versions may run beside this one.
"""

from functools import partial

from celery import shared_task
from django.db import transaction

from predictions import wakeup
from predictions.models import Lane, ScheduledTask

JOBS_QUEUE = "errands"


def wake_worker(lane: str = Lane.INTERACTIVE) -> None:
    """Wake a worker once the surrounding transaction is committed. Best effort, as the row is the job."""
    queue = Lane.BULK if lane == Lane.GUEST else lane  # older workers listen to no queue for guests
    transaction.on_commit(partial(wakeup.send, recognize_queued, str(queue)), robust=True)


def wake_worker_for_job() -> None:
    """Wake a worker for a job, as `wake_worker` does for a submission."""
    transaction.on_commit(partial(wakeup.send, run_job, JOBS_QUEUE), robust=True)


def run_asked() -> None:
    """Let a worker run the scheduled tasks that somebody asked for. Best effort: else the next sweep runs them."""
    transaction.on_commit(partial(wakeup.send, sweep, str(Lane.INTERACTIVE)), robust=True)


@shared_task
def recognize_queued(lane: str) -> int:
    """Read one batch of waiting submissions; return how many were finished.

    If the watch hears of submissions by Postgres, it does that, and the next message may wait until the flag expires.
    """
    from predictions.worker import recognize, watch

    if watch.wake():
        return 0
    wakeup.acknowledge(lane)
    return recognize.recognize_batch(on_more=partial(wakeup.send, recognize_queued, lane))


@shared_task(name="predictions.tasks.carry_out_errand")
def run_job(queue: str) -> int:
    """Run the first waiting job; return how many were finished."""
    from predictions.worker import jobs

    wakeup.acknowledge(queue)
    return jobs.run_next(on_more=partial(wakeup.send, run_job, queue))


@shared_task
def sweep(queue: str = "") -> None:
    """Run the scheduled tasks that are due, and wake workers if something is waiting. Older code names no queue."""
    from predictions.worker import schedule

    if queue:
        wakeup.acknowledge(queue)
    if schedule.run_due():
        wakeup.send(recognize_queued, Lane.INTERACTIVE)
        wakeup.send(run_job, JOBS_QUEUE)


@shared_task
def send_golden() -> None:
    """Queue a known digit as a health check if it is due, and wake a worker for it."""
    from predictions.worker import schedule

    if schedule.run(ScheduledTask.GOLDEN):
        wakeup.send(recognize_queued, Lane.INTERACTIVE)
