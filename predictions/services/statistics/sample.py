"""Accuracy and calibration, from the random sample of drawings and what reviewers say of it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from ml.types import CONFIDENCE_EDGES, Verdict
from predictions.models import Review, Role, SubmissionQuerySet
from predictions.models.submissions.conditions import HARDLY_SURE
from predictions.services.statistics.arithmetic import Estimate, Tally, estimate
from predictions.services.statistics.statements import SAMPLE, fetch

MOST_SAMPLED = 20_000  # drawings looked at, the newest: 0.13 s of Postgres
CONFIDENCES = CONFIDENCE_EDGES  # where the bins of calibration meet
LONGEST = 6  # digits; longer numbers are counted together
SAYS_NOTHING = Q(verdict=Verdict.NOT_A_DIGIT)
RIGHT = SAYS_NOTHING & Q(truth="") | ~SAYS_NOTHING & ~Q(truth="") & (  # as `Submission.agrees_with` says
    Q(truth=F("text")) | Q(truth=F("written"), expects__isnull=True)
)


@dataclass(frozen=True)
class Sampled:
    """Drawings of the random sample that do not differ in what is counted.

    day: the first of the days that are one group.
    text: what was read, or of a number as many # as it has digits, at most LONGEST.
    truth: what a reviewer says, with # for several characters; None if none has said anything.
    stratum: what decides how soon they are reviewed.
    confidence_bin: between which of CONFIDENCES the confidence is.
    is_right: whether the whole reading is right; None if no reviewer has said so.
    is_exact: the same of the text alone, which is what the confidence is about.
    count: of the drawings. confidences: their sum.
    """

    day: date
    text: str
    truth: str | None
    verdict: str
    version: str
    stratum: Hashable
    confidence_bin: int
    is_right: bool | None
    is_exact: bool | None
    is_skipped: bool
    count: int
    confidences: float


@dataclass
class Group:
    """Drawings that have something in common, `name`, and how well they were read."""

    name: Any
    strata: dict[Hashable, Tally] = field(default_factory=lambda: defaultdict(Tally))
    skipped: int = 0
    confidences: float = 0.0  # their sum

    @property
    def estimate(self) -> Estimate:
        """The share that was read right."""
        return estimate(self.strata.values())

    @property
    def sampled(self) -> int:
        return sum(tally.sampled for tally in self.strata.values())

    @property
    def reviewed(self) -> int:
        return sum(tally.reviewed for tally in self.strata.values())

    @property
    def wrong(self) -> int:
        return self.reviewed - sum(tally.right for tally in self.strata.values())

    @property
    def expected(self) -> float:
        """The mean confidence."""
        return self.confidences / self.sampled

    @property
    def missing(self) -> int:
        return self.sampled - self.reviewed

    def add(self, row: Sampled, is_right: bool | None) -> None:
        """Count drawings."""
        tally = self.strata[row.stratum]
        tally.sampled += row.count
        tally.reviewed += row.count * (is_right is not None)
        tally.right += row.count * (is_right is True)
        self.skipped += row.count * (row.is_skipped and is_right is None)
        self.confidences += row.confidences


def with_truth(rows: SubmissionQuerySet) -> SubmissionQuerySet:
    """Annotate `truth`: what the newest review by a reviewer says that is not withdrawn and not by the owner."""
    reviews = Review.objects.filter(submission=OuterRef("pk"), role=Role.REVIEWER, withdrawn_at=None)
    by_others = reviews.exclude(reviewer=OuterRef("owner")).order_by("-pk")
    return rows.annotate(truth=Subquery(by_others.values("text")[:1]))


def load_sample(since: datetime, step: int = 1) -> list[Sampled]:
    """Return the drawings of the random sample that arrived since then and were read, grouped by all that is equal.

    One query. step: how many days, counted back from today, are one group.
    """
    values = {
        "zone": timezone.get_current_timezone_name(),
        "since": since,
        "most": MOST_SAMPLED,
        "last": timezone.localdate(),
        "step": step,
        "longest": LONGEST,
        "confidences": list(CONFIDENCES),
    }
    return [_sampled(*row) for row in fetch(SAMPLE, values)]


def _sampled(
    day: date, text: str, truth: str | None, verdict: str, version: str, is_disputed: bool, place: int, *rest: Any
) -> Sampled:
    is_hardly_sure = verdict == Verdict.DIGIT and place < CONFIDENCES.index(HARDLY_SURE) + 1
    return Sampled(day, text, truth, verdict, version, (is_disputed, verdict, is_hardly_sure), place, *rest)


def group_by(rows: Iterable[Sampled], name: Callable[[Sampled], Any]) -> list[Group]:
    """Return the accuracy of each group in the order of names; a name of None leaves a drawing out."""
    groups: dict[Any, Group] = {}
    for row in rows:
        if (found := name(row)) is not None:
            groups.setdefault(found, Group(found)).add(row, row.is_right)
    return sorted(groups.values(), key=lambda group: group.name)


def measure_all(rows: Iterable[Sampled]) -> Group:
    """Return the accuracy of all of them as one group."""
    group = Group("")
    for row in rows:
        group.add(row, row.is_right)
    return group


def calibrate(rows: Iterable[Sampled]) -> list[Group]:
    """Return a group for each bin of confidence that has drawings: how often the text alone was right."""
    bins: dict[int, Group] = {}
    for row in rows:
        place = row.confidence_bin
        bins.setdefault(place, Group(_bin(place))).add(row, row.is_exact)
    return [bins[place] for place in sorted(bins)]


def _bin(place: int) -> tuple[float, float]:
    edges: Sequence[float] = (0.0, *CONFIDENCES, 1.0)
    return edges[place], edges[place + 1]


def start_of(days: int) -> datetime:
    """Return the start of the first of the last `days` days, today included, in the current time zone."""
    first = timezone.localdate() - timedelta(days=days - 1)
    return datetime.combine(first, time.min, timezone.get_current_timezone())
