"""The admin's start page: what waits, who works, how well we read, and what fails, each with the rows behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.db.models import F
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse

from accounts import outbox
from ml.types import Verdict
from predictions import metrics
from predictions.admin.charts import Bars, hour_bars
from predictions.models import ErrorCode, Lane, Source, Status, WorkerSeen, WorkLane
from predictions.services.labels import VERDICTS
from predictions.services.overview.disk import measure_disk
from predictions.services.overview.lanes import LaneState, lane_states
from predictions.services.overview.readings import DIGITS, NO_DIGIT, Confusion, Day, Hour, confuse, last_day
from predictions.services.overview.scheduled import run_states
from predictions.services.statistics.sample import load_sample, measure_all, start_of

ACCURACY_DAYS = 28
WORKERS_SHOWN = 50
MAY_PAUSE = "predictions.change_pausedlane"
OF_USERS = {"owner__isnull": "False"}  # the list has our own golden digits too


@dataclass(frozen=True)
class Line:
    """A line of a table: what it is called, how many, which share of all, and where they are listed."""

    name: Any
    count: int
    share: float
    url: str


@dataclass(frozen=True)
class Seen:
    """A worker, how long ago it was seen by Postgres' clock, and its page."""

    worker: WorkerSeen
    is_alive: bool
    ago_s: float
    url: str


def with_overview(index: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the view of the admin's start page: it gets what the user may see of the site's state."""

    def view(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return index(request, {**overview(request), **(extra_context or {})})

    return view


def overview(request: HttpRequest) -> dict[str, Any]:
    """Return what the template shows; nothing for those who may not view submissions. About a dozen queries."""
    found: dict[str, Any] = {}
    if request.user.has_perm("predictions.view_submission"):
        found |= {"lanes": show_lanes(), "may_pause": request.user.has_perm(MAY_PAUSE), **_readings(), **_accuracy()}
        found |= {"golden": metrics.golden(), "golden_url": rows_url(source__exact=Source.GOLDEN)}
    if request.user.has_perm("predictions.view_workerseen"):
        found |= {"workers": _workers(), "disk": measure_disk()}
    if request.user.has_perm("predictions.view_scheduledrun"):
        found["scheduled"] = run_states()
    if request.user.has_perm("post_office.view_email"):
        found["mail_count"], found["mail_due_s"] = outbox.measure_waiting()
        found["is_mail_late"] = found["mail_due_s"] > outbox.DUE_WITHIN_S
    return found


def rows_url(**filters: Any) -> str:
    """Return the address of the list of submissions with these filters."""
    return f"{reverse('admin:predictions_submission_changelist')}?{urlencode(filters)}"


def show_lanes() -> list[tuple[LaneState, str]]:
    """Return the state of each lane, and where its rows are listed."""
    return [(state, _lane_url(state.lane)) for state in lane_states()]


def _lane_url(lane: WorkLane) -> str:
    """Return where the rows that wait in a lane are listed, "" if nowhere: those of guests are shown to nobody."""
    if lane == WorkLane.COMPARISONS:
        return reverse("admin:predictions_modelversion_changelist")
    if lane == WorkLane.JOBS:
        return f"{reverse('admin:predictions_job_changelist')}?status__exact={Status.QUEUED}"
    return "" if lane == Lane.GUEST else rows_url(lane__exact=lane, status__exact=Status.QUEUED, **OF_USERS)


def _workers() -> list[Seen]:
    """Return the workers seen last, of the last day or so; those that are gone are deleted after that."""
    rows = WorkerSeen.objects.select_related("model_version").defer("model_version__card")
    rows = rows.annotate(ago=Now() - F("seen_at")).order_by("-seen_at")[:WORKERS_SHOWN]
    return [
        Seen(
            worker=worker,
            is_alive=worker.ago <= metrics.ALIVE_WITHIN,
            ago_s=max(0.0, worker.ago.total_seconds()),
            url=reverse("admin:predictions_workerseen_change", args=[quote(worker.pk)]),
        )
        for worker in rows
    ]


def _readings() -> dict[str, Any]:
    day = last_day()
    since = {"created_at__gte": day.since.isoformat(), **OF_USERS}
    failures = [
        Line(
            ErrorCode(code).label,
            count,
            count / day.failed,
            rows_url(status__exact=Status.FAILED, error_code__exact=code, **since),
        )
        for code, count in day.failures.most_common()
    ]
    read = day.arrived and day.verdicts.total()
    verdicts = [
        Line(VERDICTS[verdict], day.verdicts[verdict], day.verdicts[verdict] / read, rows_url(verdict=verdict, **since))
        for verdict in Verdict
        if read
    ]
    return {
        "day": day,
        "day_url": rows_url(**since),
        "failed_url": rows_url(status__exact=Status.FAILED, **since),
        "hours": [(hour, *_hour_urls(hour, following)) for hour, following in _with_next(day)],
        "bars": _bars(day),
        "verdicts": verdicts,
        "failures": failures,
    }


def _with_next(day: Day) -> list[tuple[Hour, Hour | None]]:
    """Return the hours, newest first, each with the one after it."""
    following: list[Hour | None] = [*day.hours[1:], None]
    return list(zip(day.hours, following, strict=True))[::-1]


def _hour_urls(hour: Hour, following: Hour | None) -> tuple[str, str]:
    """Return where the drawings of an hour are listed, and those of them that failed."""
    period = {"created_at__gte": hour.at.isoformat(), **OF_USERS}
    if following:
        period["created_at__lt"] = following.at.isoformat()
    return rows_url(**period), rows_url(status__exact=Status.FAILED, **period)


def _bars(day: Day) -> Bars:
    return hour_bars([(hour.at, hour.arrived, hour.failed) for hour in day.hours])


def _accuracy() -> dict[str, Any]:
    """Return the accuracy by the random sample alone, and what is mixed up by all that was reviewed."""
    since = start_of(ACCURACY_DAYS)
    period = {"created_at__gte": since.isoformat()}
    found = confuse(since)
    return {
        "accuracy": measure_all(load_sample(since)),
        "accuracy_days": ACCURACY_DAYS,
        "sample_urls": {name: rows_url(sample=name, **period) for name in ("reviewed", "wrong", "missing")},
        "confusion": found,
        "confusion_rows": _confusion_rows(found, period),
        "digits": DIGITS,
    }


def _confusion_rows(found: Confusion, period: dict[str, str]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """Return a row for each thing that reviewers said: it, how often, and a cell for each thing that was read."""
    kinds = [*DIGITS, NO_DIGIT]
    rows = []
    for label in kinds:
        total = sum(found.counts[label, read] for read in kinds)
        cells = [_confusion_cell(found, label, read, total, period) for read in kinds]
        rows.append((label, total, cells))
    return rows


def _confusion_cell(found: Confusion, label: str, read: str, total: int, period: dict[str, str]) -> dict[str, Any]:
    count = found.counts[label, read]
    was_read: dict[str, str] = {"verdict__exact": Verdict.NOT_A_DIGIT}
    if read != NO_DIGIT:
        was_read = {"verdict__in": f"{Verdict.DIGIT},{Verdict.UNSURE}", "text__exact": read}
    return {
        "read": read,
        "count": count,
        "is_right": label == read,
        "depth": min(4, 1 + 4 * count // total) if count else 0,  # of the colour
        "url": rows_url(label_by__exact="desk", label__exact=label, **was_read, **period) if count else "",
    }
