"""Questions to the database: how deep the queue is, its oldest row, which workers live and follow, if all is well."""

from datetime import timedelta
from typing import TypedDict

from django.db.models import Count, F, Min, QuerySet
from django.db.models.functions import Now

from predictions.models import GOLDEN_DIGIT, Errand, Source, Status, Submission, WorkerSeen

ALIVE_WITHIN = timedelta(seconds=10)
GOLDEN_WITHIN_S = 180.0  # one is sent every 60 s


class Queue(TypedDict):
    """The queue now: rows that wait, rows being read, and since when the oldest of them waits (seconds).

    errands: what was asked for finished submissions and is not done.
    """

    queued: int
    running: int
    oldest_s: float
    errands: int


def queue() -> Queue:
    """Return the state of the queue. Two queries on the partial indexes of unfinished rows."""
    rows = Submission.objects.unfinished().values_list("status").annotate(n=Count("pk"), age=Now() - Min("queued_at"))
    found = {status: (n, age.total_seconds()) for status, n, age in rows}
    return {
        "queued": found.get(Status.QUEUED, (0, 0.0))[0],
        "running": found.get(Status.RUNNING, (0, 0.0))[0],
        "oldest_s": max((age for _, age in found.values()), default=0.0),
        "errands": Errand.objects.unfinished().count(),
    }


def workers() -> QuerySet[WorkerSeen]:
    """Return the workers that said within ALIVE_WITHIN that they live."""
    return WorkerSeen.objects.filter(seen_at__gt=Now() - ALIVE_WITHIN).select_related("model_version").order_by("name")


def refusing() -> QuerySet[WorkerSeen]:
    """Return the living workers that do not read with the live model; `trouble` says why."""
    return workers().exclude(trouble="")


class Golden(TypedDict):
    """The last of our own digits that came back: how long ago, how long it took, and whether it was read right."""

    ago_s: float
    took_s: float
    is_right: bool


def golden() -> Golden | None:
    """Return how the last known digit fared in the real queue, or None if none was sent for a day. One query."""
    ours = Submission.objects.finished().filter(guest_key=Source.GOLDEN).order_by("-key")
    found = ours.values_list("text", Now() - F("finished_at"), F("finished_at") - F("queued_at")).first()
    if found is None:
        return None
    text, ago, took = found
    return {"ago_s": ago.total_seconds(), "took_s": took.total_seconds(), "is_right": text == str(GOLDEN_DIGIT)}


def wrongs(alive: list[WorkerSeen], last: Golden | None) -> list[str]:
    """Return names of what is wrong with the site; none if it reads. An old row alone is not: bulk work may wait."""
    found = {
        "no_workers": not alive,
        "model_refused": any(worker.trouble for worker in alive),
        "golden_missing": last is None or last["ago_s"] > GOLDEN_WITHIN_S,
        "golden_wrong": last is not None and not last["is_right"],
    }
    return [name for name, is_so in found.items() if is_so]
