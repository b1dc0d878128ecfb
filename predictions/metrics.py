"""Questions to the database: how deep the queue is, how old its oldest row, which workers live and follow."""

from datetime import timedelta
from typing import TypedDict

from django.db.models import Count, Min, QuerySet
from django.db.models.functions import Now

from predictions.models import Errand, Status, Submission, WorkerSeen

ALIVE_WITHIN = timedelta(seconds=10)


class Queue(TypedDict):
    """The queue now: rows that wait, rows being read, and since when the oldest of them waits (seconds).

    errands: what was asked for finished submissions and is not done.
    """

    queued: int
    running: int
    oldest_s: float
    errands: int


def queue() -> Queue:
    """Give the state of the queue. Two queries on the partial indexes of unfinished rows."""
    rows = Submission.objects.unfinished().values_list("status").annotate(n=Count("pk"), age=Now() - Min("queued_at"))
    found = {status: (n, age.total_seconds()) for status, n, age in rows}
    return {
        "queued": found.get(Status.QUEUED, (0, 0.0))[0],
        "running": found.get(Status.RUNNING, (0, 0.0))[0],
        "oldest_s": max((age for _, age in found.values()), default=0.0),
        "errands": Errand.objects.unfinished().count(),
    }


def workers() -> QuerySet[WorkerSeen]:
    """Give the workers that said within ALIVE_WITHIN that they live."""
    return WorkerSeen.objects.filter(seen_at__gt=Now() - ALIVE_WITHIN).select_related("model_version").order_by("name")


def refusing() -> QuerySet[WorkerSeen]:
    """Give the living workers that do not read with the live model; `trouble` says why."""
    return workers().exclude(trouble="")
