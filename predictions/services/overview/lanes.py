"""The lanes of work: how much waits in each and for how long, and pausing them."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from predictions import tasks
from predictions.models import Comparison, Job, Lane, PausedLane, Source, Status, Submission, WorkLane

COUNTS: dict[str, Any] = {
    "queued": Count("pk", filter=Q(status=Status.QUEUED)),
    "running": Count("pk", filter=Q(status=Status.RUNNING)),
    "age": Now() - Min("queued_at", filter=Q(status=Status.QUEUED)),
}


@dataclass(frozen=True)
class LaneState:
    """What waits in a lane. oldest_s: how long the oldest of those has waited, by Postgres' clock; None without any."""

    lane: WorkLane
    queued: int = 0
    running: int = 0
    oldest_s: float | None = None
    pause: PausedLane | None = None


def lane_states() -> list[LaneState]:
    """Return the state of each lane, without golden digits. Four queries on the indexes of unfinished rows."""
    paused = {one.lane: one for one in PausedLane.objects.select_related("paused_by")}
    people = Submission.objects.unfinished().exclude(source=Source.GOLDEN).order_by()
    found = {lane: counts for lane, *counts in people.values("lane").annotate(**COUNTS).values_list("lane", *COUNTS)}
    for lane, rows in ((WorkLane.JOBS, Job.objects.all()), (WorkLane.COMPARISONS, Comparison.objects.all())):
        found[lane] = list(rows.unfinished().order_by().aggregate(**COUNTS).values())
    return [_state(lane, found.get(lane, [0, 0, None]), paused.get(lane)) for lane in WorkLane]


def _state(lane: WorkLane, counts: list[Any], pause: PausedLane | None) -> LaneState:
    queued, running, age = counts
    return LaneState(lane, queued, running, age.total_seconds() if age is not None else None, pause)


def pause(lane: WorkLane, by: User) -> bool:
    """Let workers claim nothing more from a lane; False if it is paused already. What is claimed is finished."""
    with transaction.atomic():
        _, is_new = PausedLane.objects.get_or_create(lane=lane, defaults={"paused_by": by})
        if is_new:
            audit.record(by, "lane.paused", lane)
    return is_new


def resume(lane: WorkLane, by: User) -> bool:
    """Let workers claim from a lane again and wake one; False if it was not paused."""
    with transaction.atomic():
        deleted, _ = PausedLane.objects.filter(lane=lane).delete()
        if deleted:
            audit.record(by, "lane.resumed", lane)
            _wake(lane)
    return bool(deleted)


def _wake(lane: WorkLane) -> None:
    if lane in Lane.values:
        tasks.wake_worker(lane)
    elif lane == WorkLane.JOBS:
        tasks.wake_worker_for_job()  # and the watch of each worker finds comparisons by itself
