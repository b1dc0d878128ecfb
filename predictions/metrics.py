"""Metrics read from the database: the depth and age of the queue, live workers, and health problems."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict

from django.db.models import Count, F, Min, QuerySet
from django.db.models.functions import Now

from predictions.models import (
    GOLDEN_DIGIT,
    Job,
    Lane,
    ModelVersion,
    PausedLane,
    Source,
    Status,
    Submission,
    WorkerSeen,
    WorkLane,
)

ALIVE_WITHIN = timedelta(seconds=10)
GOLDEN_WITHIN_S = 180.0  # one is sent every 60 s


class Queue(TypedDict):
    """The queue now: submissions that wait, submissions being read, and the age of the oldest in seconds.

    errands: unfinished jobs; the name `errands` is part of the API.
    """

    queued: int
    running: int
    oldest_s: float
    errands: int


def queue(*, with_guests: bool = True) -> Queue:
    """Return the state of the queue. Two queries on the partial indexes of unfinished rows.

    with_guests: count the drawings of guests too, for which those of users do not wait.
    """
    unfinished = Submission.objects.unfinished()
    rows = (
        (unfinished if with_guests else unfinished.exclude(lane=Lane.GUEST))
        .values_list("status")
        .annotate(n=Count("pk"), age=Now() - Min("queued_at"))
    )
    found = {status: (n, age.total_seconds()) for status, n, age in rows}
    return {
        "queued": found.get(Status.QUEUED, (0, 0.0))[0],
        "running": found.get(Status.RUNNING, (0, 0.0))[0],
        "oldest_s": max((age for _, age in found.values()), default=0.0),
        "errands": Job.objects.unfinished().count(),
    }


def workers() -> QuerySet[WorkerSeen]:
    """Return the workers whose last heartbeat is no older than ALIVE_WITHIN."""
    return WorkerSeen.objects.filter(seen_at__gt=Now() - ALIVE_WITHIN).select_related("model_version").order_by("name")


def refusing() -> QuerySet[WorkerSeen]:
    """Return the workers alive that refuse the live model; `trouble` says why."""
    return workers().exclude(trouble="")


def paused_lanes() -> list[str]:
    """Return the lanes that somebody has paused. One query."""
    return sorted(PausedLane.objects.values_list("lane", flat=True))


def is_paused(lane: str = Lane.INTERACTIVE) -> bool:
    """Return whether somebody has paused this lane. One query."""
    return PausedLane.objects.filter(lane=lane).exists()


class Golden(TypedDict):
    """The last finished golden digit: its age, how long it took, and whether it was read right."""

    ago_s: float
    took_s: float
    is_right: bool


def golden() -> Golden | None:
    """Return how the last golden digit was read, or None if none was sent for a day. One query."""
    ours = Submission.objects.finished().filter(guest_key=Source.GOLDEN).order_by("-key")
    found = ours.values_list("text", Now() - F("finished_at"), F("finished_at") - F("queued_at")).first()
    if found is None:
        return None
    text, ago, took = found
    return {"ago_s": ago.total_seconds(), "took_s": took.total_seconds(), "is_right": text == str(GOLDEN_DIGIT)}


def check(
    alive: list[WorkerSeen], last: Golden | None, live: ModelVersion | None = None, paused: Sequence[str] = ()
) -> dict[str, bool]:
    """Return whether each problem, by its code, is there. An old row alone is no problem, as bulk work may wait.

    Args:
        live: the live version, without which the site is not ready anyway.
        paused: the paused lanes; golden digits are queued in another one, if there is any.
    """
    sends_golden = not {*Lane} <= {*paused}
    return {
        "no_workers": not alive,
        "model_refused": any(worker.trouble for worker in alive),
        "model_outdated": live is not None and not live.is_readable,
        "golden_missing": sends_golden and (last is None or last["ago_s"] > GOLDEN_WITHIN_S),
        "golden_wrong": last is not None and not last["is_right"],
        "reading_paused": WorkLane.INTERACTIVE in paused,
    }


def find_problems(
    alive: list[WorkerSeen], last: Golden | None, live: ModelVersion | None = None, paused: Sequence[str] = ()
) -> list[str]:
    """Return codes of what is wrong with the site, of those that `check` knows."""
    return [name for name, is_so in check(alive, last, live, paused).items() if is_so]
