"""THE door between the web and the workers: Celery doorbells, one call each. Tasks carry no truth, only a lane's name.

Nothing below this module imports it: workers return what they did, and this module rings again if there is more.
"""

from functools import partial

from celery import shared_task
from django.db import transaction

from predictions import wakeup
from predictions.models import Lane

ERRANDS = "errands"  # the Celery queue


def ring(lane: str = Lane.INTERACTIVE) -> None:
    """Wake a worker once the surrounding transaction is committed. Best effort: the row is the job."""
    transaction.on_commit(partial(wakeup.ring, recognize_queued, str(lane)), robust=True)


def ring_for_errand() -> None:
    """The same for an errand, which waits in a queue of its own."""
    transaction.on_commit(partial(wakeup.ring, carry_out_errand, ERRANDS), robust=True)


@shared_task
def recognize_queued(lane: str) -> int:
    """Read one batch of what waits; gives how many were finished."""
    from predictions.worker import recognize

    wakeup.answer(lane)
    return recognize.recognize_batch(on_more=partial(wakeup.ring, recognize_queued, lane))


@shared_task
def carry_out_errand(queue: str) -> int:
    """Carry out the errand that waits first; gives how many were finished."""
    from predictions.worker import jobs

    wakeup.answer(queue)
    return jobs.carry_out_next(on_more=partial(wakeup.ring, carry_out_errand, queue))


@shared_task
def sweep() -> None:
    """Tidy the table, and ring if something waits."""
    from predictions.worker import sweep as sweeper

    if sweeper.sweep():
        wakeup.ring(recognize_queued, Lane.INTERACTIVE)
        wakeup.ring(carry_out_errand, ERRANDS)


@shared_task
def send_golden() -> None:
    """Queue a known digit, and ring for it."""
    from predictions.worker import golden

    wakeup.ring(recognize_queued, golden.queue_golden().lane)
