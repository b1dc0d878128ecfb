"""What is counted where it happens. Labels have few values: never a path, an id or the name of a person.

In web processes the counts of all of them are added up (`processes`); each worker tells its own (`server`).
"""

import os
import time
from collections.abc import Sequence
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics, values

from ml.types import Verdict
from predictions.models import ErrorCode, Lane, Prediction, Status, Submission
from predictions.monitoring import processes

if processes.FOLDER in os.environ:
    values.ValueClass = values.MultiProcessValue(lambda: processes.slot)
disable_created_metrics()  # a second series for each, which nobody reads

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0)
REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
LANES = {str(lane): lane.name.lower() for lane in Lane}  # a guest's is stored under another name

requests = Histogram(
    "inkling_http_request_seconds",
    "Time to answer a request, by the name of its route; of a stream, to its beginning.",
    ["route", "method", "status"],
    buckets=REQUEST_SECONDS,
)
reading = Histogram(
    "inkling_reading_seconds", "From the acceptance of a drawing to its stored reading.", ["lane"], buckets=SECONDS
)
stages = Histogram(
    "inkling_stage_seconds",
    "The parts of that: waiting (accepted to claimed), reading (claimed to read), recording (read to stored); and "
    "delivering (a waiting request is notified, until it has the row).",
    ["stage", "lane"],
    buckets=SECONDS,
)
batches = Histogram("inkling_batch_drawings", "Drawings that were claimed at once.", ["lane"], buckets=BATCH_SIZES)
readings = Counter("inkling_readings", "Stored readings.", ["lane", "verdict", "model"])
failures = Counter("inkling_failures", "Work that ended without a result.", ["kind", "code"])
wakeup_failures = Counter("inkling_wakeup_failures", "Wake-ups that Redis did not take; the rows are found later.")
scrape_errors = Counter("inkling_scrape_errors", "Scrapes without what is read from rows.")
pool_open = Gauge("inkling_pool_connections", "Open connections of the web's pools.", multiprocess_mode="sum")
pool_used = Gauge("inkling_pool_used", "Connections of the web's pools that are in use.", multiprocess_mode="sum")
pool_limit = Gauge("inkling_pool_limit", "The most connections of the web's pools.", multiprocess_mode="sum")
pool_waiting = Gauge("inkling_pool_waiting", "Requests that wait for a connection.", multiprocess_mode="sum")

for code in ErrorCode:  # else the first failure of a kind would be no increase
    failures.labels("submission", str(code))
    failures.labels("sheetpage", str(code))
failures.labels("webhookdelivery", str(ErrorCode.GAVE_UP))


class Moments(NamedTuple):
    """When a batch was claimed, and when it had been read; by time.monotonic()."""

    claimed_at: float
    read_at: float


def count_batch(rows: Sequence[Submission]) -> None:
    """Count a claimed batch, which is of one lane."""
    batches.labels(LANES[rows[0].lane]).observe(len(rows))


def count_readings(done: Sequence[tuple[Submission, Prediction]], moments: Moments) -> None:
    """Count readings that were just stored; those whose claim was lost do not count.

    How long a drawing waited is told by Postgres' clock, the rest by ours: no two clocks are compared.
    """
    now = time.monotonic()
    read_s, recorded_s = moments.read_at - moments.claimed_at, now - moments.read_at
    for row, prediction in done:
        if row.status != Status.SUCCEEDED or row.started_at is None:
            continue
        waited_s = max(0.0, (row.started_at - row.queued_at).total_seconds())
        lane = LANES[row.lane]
        stages.labels("waiting", lane).observe(waited_s)
        stages.labels("reading", lane).observe(read_s)
        stages.labels("recording", lane).observe(recorded_s)
        reading.labels(lane).observe(waited_s + read_s + recorded_s)
        verdict = str(prediction.reading.get("verdict", ""))
        known = verdict if verdict in Verdict.__members__.values() else "other"
        readings.labels(lane, known, prediction.model_version.name).inc()


def count_delivery(lane: str, seconds: float) -> None:
    """Count a reading that a waiting request got, so long after it was notified."""
    stages.labels("delivering", LANES[lane]).observe(seconds)


def count_failures(kind: str, code: str, count: int) -> None:
    """Count rows that ended as failed."""
    failures.labels(kind, code).inc(count)
