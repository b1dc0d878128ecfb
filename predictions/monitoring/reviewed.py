"""How often reviewers agree with what was read. It changes slowly, so it is read rarely."""

import threading
import time
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count
from django.db.models.functions import Now
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from predictions.models import Role, Submission

DAYS = timedelta(days=7)
MOST_COUNTED = 5_000  # the newest
CACHED_S = 30.0


class Reviewed(Collector):
    """Counts drawings of the last DAYS that somebody other than the owner reviewed. One query in CACHED_S."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], int] = {}
        self._expires = 0.0

    def collect(self) -> Iterable[Metric]:
        """Return the counts; what is chosen by chance alone tells the accuracy without bias."""
        with self._lock:
            if time.monotonic() >= self._expires:
                self._counts = _count()
                self._expires = time.monotonic() + CACHED_S
            counts = self._counts
        family = GaugeMetricFamily(
            "inkling_reviewed_drawings",
            "Drawings of the last 7 days that a reviewer reviewed, by whether they were chosen by chance, and whether "
            "the reading was right.",
            labels=["chosen", "right"],
        )
        for labels, count in counts.items():
            family.add_metric(labels, count)
        return [family]

    def forget(self) -> None:
        """Count again at the next scrape."""
        self._expires = 0.0


rows = Reviewed()


def _count() -> dict[tuple[str, str], int]:
    newest = Submission.objects.current().filter(label_by=Role.REVIEWER, deleted_at=None, created_at__gte=Now() - DAYS)
    keys = newest.order_by("-created_at").values("key")[:MOST_COUNTED]
    confirmed = Submission.objects.confirmed().filter(key__in=keys).values("review_sample")
    right = dict(confirmed.annotate(n=Count("key")).values_list("review_sample", "n"))
    both = Submission.objects.filter(key__in=keys).values("review_sample").annotate(n=Count("key"))
    reviewed = dict(both.values_list("review_sample", "n"))
    return {
        (name, word): right.get(is_sampled, 0)
        if word == "yes"
        else reviewed.get(is_sampled, 0) - right.get(is_sampled, 0)
        for is_sampled, name in ((True, "by_chance"), (False, "otherwise"))
        for word in ("yes", "no")
    }
