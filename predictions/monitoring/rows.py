"""What is true of the whole service, read from rows when Prometheus asks: the same from every web process.

So queries take the `max` of these over processes, never the sum.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from post_office.models import STATUS as MAIL_STATUS
from post_office.models import Email
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from accounts import outbox
from predictions import metrics
from predictions.models import (
    UNFINISHED,
    Claimable,
    Comparison,
    Export,
    Job,
    ModelVersion,
    SheetPage,
    Status,
    Submission,
    TrainingRun,
    WebhookDelivery,
    WorkerSeen,
    WorkLane,
)
from predictions.monitoring import measures, reviewed

CACHED_S = 1.0
TIMEOUT_MS = 2_000
OTHER_WORK: dict[str, type[Claimable]] = {
    "jobs": Job,
    "comparisons": Comparison,
    "exports": Export,
    "training_runs": TrainingRun,
    "pages": SheetPage,
    "deliveries": WebhookDelivery,
}
LANES = (*measures.LANES.values(), *OTHER_WORK)
_NEVER = float("inf")
STATES = ("active", "idle", "idle in transaction", "other")
CONNECTIONS = """
    SELECT coalesce(state, 'other'), count(*), current_setting('max_connections')::int
    FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1
"""
TABLES = ("predictions_submission", "predictions_drawing", "predictions_prediction")
DEAD_ROWS = "SELECT relname, n_dead_tup, n_live_tup FROM pg_stat_user_tables WHERE relname = ANY(%s)"
_waits = Q(status=Status.QUEUED) | Q(status=Status.RUNNING, lease_until__lt=Now())  # the latter's worker is gone
COUNTS: dict[str, Any] = {
    "queued": Count("pk", filter=Q(status=Status.QUEUED)),
    "running": Count("pk", filter=Q(status=Status.RUNNING)),
    "age": Now() - Min("queued_at", filter=_waits),
}
# A delivery that failed is tried again for days, and others wait for it; only one that is due waits for us.
DUE_AGE = Now() - Min("available_at")


class Rows(Collector):
    """Reads the rows at most once in CACHED_S for this process. Without the database it only says so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: list[Metric] = []
        self._expires = 0.0  # by time.monotonic()

    def collect(self) -> Iterable[Metric]:
        """Return what was read, which is at most a second old."""
        with self._lock:
            if time.monotonic() >= self._expires:
                self._found = _read_or_say_so()
                self._expires = time.monotonic() + CACHED_S
            return self._found

    def forget(self) -> None:
        """Read again at the next scrape."""
        self._expires = 0.0


rows = Rows()


def _read_or_say_so() -> list[Metric]:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(TIMEOUT_MS)])
            found = list(_read())
    except DatabaseError:  # said by the metric, and counted
        measures.scrape_errors.inc()
        connection.close()
        return [_gauge("inkling_database_up", "Whether the rows could be read.", 0.0)]
    return [*found, _gauge("inkling_database_up", "Whether the rows could be read.", 1.0)]


def _read() -> Iterator[Metric]:
    yield from _queue()
    yield from _health()
    yield from _mail()
    yield from _database()
    yield from reviewed.rows.collect()


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value)


def _labelled(name: str, text: str, labels: Iterable[str], values: Iterable[tuple[Iterable[str], float]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    for given, value in values:
        family.add_metric(list(given), value)
    return family


def _queue() -> Iterator[Metric]:
    """Yield depth and age of each lane, golden digits included. Eight queries, on the indexes of unfinished rows."""
    waiting = Submission.objects.unfinished().order_by()
    found = {lane: counts for lane, *counts in waiting.values("lane").annotate(**COUNTS).values_list("lane", *COUNTS)}
    lanes = {name: found.get(lane, [0, 0, None]) for lane, name in measures.LANES.items()}
    for name, model in OTHER_WORK.items():
        unfinished = model._default_manager.filter(status__in=UNFINISHED).order_by()
        lanes[name] = list(unfinished.aggregate(**COUNTS).values())
    due = WebhookDelivery.objects.in_turn().waiting()
    lanes["deliveries"][2] = due.aggregate(age=DUE_AGE)["age"]
    depth = [
        ((name, state), count)
        for name, counts in lanes.items()
        for state, count in zip(("queued", "running"), counts[:2], strict=True)
    ]
    yield _labelled("inkling_queue_rows", "Unfinished rows by lane and status.", ["lane", "status"], depth)
    ages = [((name,), counts[2].total_seconds() if counts[2] else 0.0) for name, counts in lanes.items()]
    yield _labelled("inkling_queue_oldest_seconds", "Age of the oldest row that waits.", ["lane"], ages)
    yield _gauge("inkling_queue_limit", "The most unfinished drawings; more are refused.", settings.QUEUE_LIMIT)


def _health() -> Iterator[Metric]:
    """Yield what /health/status tells. Four queries."""
    alive, golden = list(metrics.workers()), metrics.golden()
    live, paused = ModelVersion.objects.live().defer("card").first(), metrics.paused_lanes()
    problems = metrics.check(alive, golden, live, paused)
    yield _labelled(
        "inkling_problem", "Whether /health/status reports this.", ["problem"],
        [((name,), float(is_so)) for name, is_so in problems.items()],
    )  # fmt: skip
    yield _labelled(
        "inkling_lane_paused", "Whether somebody paused the lane.", ["lane"],
        [((measures.LANES.get(lane, lane),), float(lane in paused)) for lane in WorkLane.values],
    )  # fmt: skip
    yield _labelled(
        "inkling_live_model_info", "The model that reads.", ["model", "preprocessing"],
        [((live.name, live.preprocessing), 1.0)] if live else [],
    )  # fmt: skip
    yield _labelled(
        "inkling_workers", "Workers alive, by what they run.", ["device", "runtime", "model", "code"],
        _count_workers(alive).items(),
    )  # fmt: skip
    yield _gauge("inkling_workers_alive", "Workers with a heartbeat of the last 10 s.", len(alive))
    age_s, took_s, is_right = (golden["ago_s"], golden["took_s"], golden["is_right"]) if golden else (_NEVER, 0, False)
    yield _gauge("inkling_golden_age_seconds", "Since a known digit was last read; +Inf if none was in a day.", age_s)
    yield _gauge("inkling_golden_seconds", "How long that took, from its acceptance.", took_s)
    yield _gauge("inkling_golden_right", "Whether it was read right.", float(is_right))


def _count_workers(alive: Iterable[WorkerSeen]) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for worker in alive:
        model = worker.model_version.name if worker.model_version else ""
        kind = worker.device, worker.runtime, model, worker.code
        found[kind] = found.get(kind, 0.0) + 1
    return found


def _mail() -> Iterator[Metric]:
    """Yield the state of the outbox. Two queries."""
    waiting, due_s = outbox.measure_waiting()
    yield _gauge("inkling_mail_waiting", "Mails that are not sent yet.", waiting)
    yield _gauge("inkling_mail_due_seconds", "For how long the first of them has been due.", due_s)
    failed = Email.objects.filter(status=MAIL_STATUS.failed).count()
    yield _gauge("inkling_mail_failed", "Mails that were given up in the last 30 days.", failed)


def _database() -> Iterator[Metric]:
    """Yield connections and dead rows. Two queries on statistics."""
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        found = cursor.fetchall()
        states, limit = dict.fromkeys(STATES, 0), found[0][2]  # this connection is one of them
        for state, count, _ in found:
            states[state if state in STATES else "other"] += count
        cursor.execute(DEAD_ROWS, [list(TABLES)])
        tables = cursor.fetchall()
    yield _labelled(
        "inkling_database_connections", "Connections to Postgres, of all clients.", ["state"],
        [((state,), count) for state, count in states.items()],
    )  # fmt: skip
    yield _gauge("inkling_database_connections_limit", "The most that Postgres allows.", limit)
    short = [(name.removeprefix("predictions_"), dead, live) for name, dead, live in tables]
    dead = [
        ((name, kind), count) for name, *counts in short for kind, count in zip(("dead", "live"), counts, strict=True)
    ]
    yield _labelled("inkling_table_rows", "Rows by Postgres' estimate, dead and live.", ["table", "kind"], dead)
