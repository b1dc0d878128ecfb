"""THE door between the web and the workers: Celery doorbells, one call each. Tasks carry no truth, only a lane's name.

Nothing below this module imports it: workers return what they did, and this module rings again if there is more.
"""

from functools import partial

from celery import shared_task
from django.db import transaction

from predictions import bell
from predictions.models import Lane


def ring(lane: str = Lane.INTERACTIVE) -> None:
    """Wake a worker once the surrounding transaction is committed. Best effort: the row is the job."""
    transaction.on_commit(partial(bell.ring, recognize_queued, str(lane)), robust=True)


@shared_task
def recognize_queued(lane: str) -> int:
    """Read one batch of what waits; gives how many were finished."""
    from predictions.worker import recognize

    bell.answer(lane)
    return recognize.recognize_batch(on_more=partial(bell.ring, recognize_queued, lane))


@shared_task
def sweep() -> None:
    """Tidy the table, and ring if something waits."""
    from predictions.worker import sweep as sweeper

    if sweeper.sweep():
        bell.ring(recognize_queued, Lane.INTERACTIVE)


@shared_task
def send_golden() -> None:
    """Queue a known digit, and ring for it."""
    from predictions.worker import golden

    bell.ring(recognize_queued, golden.queue_golden().lane)
