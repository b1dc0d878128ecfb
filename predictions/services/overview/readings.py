"""What became of the drawings of the last day, and what reviewers said against what was read."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from ml.types import CLASSES, Verdict
from predictions.models import Role, Status, Submission

HOURS = 24
MOST_COUNTED = 100_000  # drawings of the last day, the newest: about 0.2 s of Postgres
MOST_REVIEWED = 5_000
DIGITS = [str(digit) for digit in range(CLASSES)]
NO_DIGIT = ""
ARRIVED = """
    SELECT date_trunc('hour', created_at, 'UTC'), status, verdict, error_code, count(*)
    FROM (
        SELECT created_at, status, verdict, error_code FROM predictions_submission
        WHERE created_at >= %(since)s AND deleted_at IS NULL AND superseded_at IS NULL AND owner_id IS NOT NULL
        ORDER BY created_at DESC LIMIT %(limit)s
    ) AS arrived
    GROUP BY 1, 2, 3, 4
"""


@dataclass
class Hour:
    """How many drawings arrived in the hour that begins `at`, and what became of them."""

    at: datetime
    read: int = 0
    failed: int = 0
    unfinished: int = 0

    @property
    def arrived(self) -> int:
        return self.read + self.failed + self.unfinished


@dataclass
class Day:
    """The drawings of users of the last HOURS hours, oldest hour first; guests' are not among them.

    Drawings that a newer one of the same canvas replaced, and deleted and canceled ones, do not count.
    is_capped: only the newest MOST_COUNTED are counted.
    """

    hours: list[Hour]
    verdicts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    is_capped: bool = False

    @property
    def since(self) -> datetime:
        return self.hours[0].at

    @property
    def arrived(self) -> int:
        return sum(hour.arrived for hour in self.hours)

    @property
    def failed(self) -> int:
        return sum(hour.failed for hour in self.hours)


def last_day() -> Day:
    """Return what became of the drawings of the last HOURS hours, the current one included. One query."""
    current = timezone.now().replace(minute=0, second=0, microsecond=0)
    hours = {at: Hour(at) for at in (current - timedelta(hours=ago) for ago in reversed(range(HOURS)))}
    day, counted = Day(list(hours.values())), 0
    with connection.cursor() as cursor:
        cursor.execute(ARRIVED, {"since": day.since, "limit": MOST_COUNTED})
        for at, status, verdict, error_code, count in cursor.fetchall():
            counted += count
            _add(day, hours.get(at, day.hours[-1]), (status, verdict, error_code), count)
    day.is_capped = counted >= MOST_COUNTED
    return day


def _add(day: Day, hour: Hour, kind: tuple[str, str, str], count: int) -> None:
    status, verdict, error_code = kind
    if status == Status.SUCCEEDED:
        hour.read += count
        day.verdicts[verdict] += count
    elif status == Status.FAILED:
        hour.failed += count
        day.failures[error_code] += count
    elif status != Status.CANCELED:
        hour.unfinished += count


@dataclass
class Confusion:
    """Drawings by what a reviewer said, and what was read: one digit, or NO_DIGIT.

    others: reviewed drawings that are more than a single digit, by either of them.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    others: int = 0

    @property
    def shown(self) -> int:
        return sum(self.counts.values())


def confuse(since: datetime) -> Confusion:
    """Return what reviewers said against what was read, of the newest MOST_REVIEWED drawings since then. One query."""
    rows = Submission.objects.current().filter(label_by=Role.REVIEWER, deleted_at=None, created_at__gte=since)
    found = Confusion()
    kinds = {NO_DIGIT, *DIGITS}
    for label, text, verdict in rows.order_by("-created_at").values_list("label", "text", "verdict")[:MOST_REVIEWED]:
        read = NO_DIGIT if verdict == Verdict.NOT_A_DIGIT else text
        if label in kinds and read in kinds:
            found.counts[label, read] += 1
        else:
            found.others += 1
    return found
