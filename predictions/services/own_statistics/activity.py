"""How many drawings of a person were read, by day, week or month of their time zone, and by source.

One index-only scan of the index `submission_read_dates`, however long the history is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from django.utils import timezone

from accounts.models import User
from predictions.services.statistics.statements import fetch

# Of what was read, and neither deleted nor replaced. Bucket 0 is what arrived before the first edge.
ACTIVITY = """
SELECT source, width_bucket(created_at, %(edges)s::timestamptz[]) AS bucket, count(*)
FROM predictions_submission
WHERE owner_id = %(owner)s AND status = 'succeeded' AND deleted_at IS NULL AND superseded_at IS NULL
GROUP BY 1, 2
"""


class Unit(StrEnum):
    """What a bar of the chart stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


SHOWN = {Unit.DAY: 30, Unit.WEEK: 12, Unit.MONTH: 12}  # how many of them, the current one included


@dataclass(frozen=True)
class Span:
    """The drawings of one day, week or month; `last` is its last day."""

    first: date
    last: date
    count: int


@dataclass(frozen=True)
class Activity:
    """How many drawings there are.

    total: ever. spans: the newest last. sources: those that occur, the most frequent first.
    """

    total: int
    spans: list[Span]
    sources: list[tuple[str, int]]

    @property
    def recent(self) -> int:
        """How many drawings the spans have together."""
        return sum(span.count for span in self.spans)

    @property
    def busiest(self) -> Span:
        """The newest of the spans with the most drawings."""
        return max(reversed(self.spans), key=lambda span: span.count)


def load_activity(user: User, unit: Unit, zone: tzinfo) -> Activity:
    """Return how many drawings of a user were read. One query."""
    starts = start_days(unit, timezone.localdate(timezone=zone))
    edges = [datetime.combine(day, time.min, zone) for day in starts[:-1]]
    by_source, by_bucket = Counter[str](), Counter[int]()
    for source, bucket, count in fetch(ACTIVITY, {"owner": user.pk, "edges": edges}):
        by_source[source] += count
        by_bucket[bucket] += count
    spans = [
        Span(first, following - timedelta(days=1), by_bucket[place])
        for place, (first, following) in enumerate(pairwise(starts), start=1)
    ]
    return Activity(by_source.total(), spans, by_source.most_common())


def start_days(unit: Unit, today: date) -> Sequence[date]:
    """Return the first day of each span that is shown, oldest first, and of the one that follows the last.

    Weeks begin on Monday.
    """
    if unit == Unit.MONTH:
        now = today.year * 12 + today.month - 1
        months = range(now - SHOWN[unit] + 1, now + 2)
        return [date(month // 12, month % 12 + 1, 1) for month in months]
    step = timedelta(days=7 if unit == Unit.WEEK else 1)
    current = today - timedelta(days=today.weekday()) if unit == Unit.WEEK else today
    return [current - step * back for back in range(SHOWN[unit] - 1, -2, -1)]
