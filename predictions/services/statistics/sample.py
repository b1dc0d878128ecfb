"""Accuracy and calibration, from the random sample of drawings and what reviewers say of it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from ml.types import Verdict
from predictions.models import Prediction, Review, ReviewEntry, Role, Submission, SubmissionQuerySet
from predictions.models.claimable import Status
from predictions.models.submissions import HARDLY_SURE
from predictions.services.statistics.arithmetic import Estimate, Tally, estimate

MOST_SAMPLED = 20_000  # drawings looked at, the newest: 1.2 s of Postgres or more
CONFIDENCES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)  # where the bins of calibration meet
SAYS_NOTHING = Q(verdict=Verdict.NOT_A_DIGIT)
RIGHT = SAYS_NOTHING & Q(truth="") | ~SAYS_NOTHING & ~Q(truth="") & (  # as `Submission.agrees_with` says
    Q(truth=F("text")) | Q(truth=F("written"), expects__isnull=True)
)
COLUMNS = ("text", "written", "expects", "verdict", "confidence", "source", "created_at")


@dataclass(frozen=True)
class Sampled:
    """A drawing of the random sample.

    text: what was read.
    is_right: whether the whole reading is right; None if no reviewer has said so.
    is_exact: the same of the text alone, which is what the confidence is about.
    stratum: what decides how soon it is reviewed.
    pen: the pen's width as a share of the canvas; None for images. side_px: the longer side of the canvas.
    """

    day: date
    text: str
    verdict: str
    confidence: float
    version: str
    source: str
    is_right: bool | None
    is_exact: bool | None
    is_skipped: bool
    stratum: Hashable
    pen: float | None = None
    side_px: float | None = None


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
        """Count a drawing."""
        tally = self.strata[row.stratum]
        tally.sampled += 1
        tally.reviewed += is_right is not None
        tally.right += is_right is True
        self.skipped += row.is_skipped and is_right is None
        self.confidences += row.confidence


def with_truth(rows: SubmissionQuerySet) -> SubmissionQuerySet:
    """Annotate `truth`: what the newest review by a reviewer says that is not withdrawn and not by the owner."""
    reviews = Review.objects.filter(submission=OuterRef("pk"), role=Role.REVIEWER, withdrawn_at=None)
    by_others = reviews.exclude(reviewer=OuterRef("owner")).order_by("-pk")
    return rows.annotate(truth=Subquery(by_others.values("text")[:1]))


def load_sample(since: datetime) -> list[Sampled]:
    """Return the drawings of the random sample that arrived since then and were read, newest first. One query."""
    by_owner = Review.objects.filter(submission=OuterRef("pk"), role=Role.OWNER, withdrawn_at=None).order_by("-pk")
    predictions = Prediction.objects.filter(submission=OuterRef("pk")).order_by("pk")  # the first is what was answered
    skips = ReviewEntry.objects.filter(submission=OuterRef("pk"), is_skip=True, undone_at=None)
    rows = Submission.objects.current().filter(
        review_sample=True, created_at__gte=since, status=Status.SUCCEEDED, deleted_at=None, owner__isnull=False
    )
    rows = with_truth(rows).annotate(
        owner_says=Subquery(by_owner.values("text")[:1]),
        version=Subquery(predictions.values("model_version__name")[:1]),
        is_skipped=Exists(skips),
        pen_px=F("drawing__pen_px"),
        width=F("drawing__width"),
        height=F("drawing__height"),
    )
    return [_sampled(row) for row in rows.only(*COLUMNS).order_by("-created_at")[:MOST_SAMPLED]]


def _sampled(row: Any) -> Sampled:
    side_px = max(row.width or 0, row.height or 0) or None
    is_disputed = row.owner_says is not None and not row.agrees_with(row.owner_says)
    confidence = row.confidence or 0.0
    return Sampled(
        day=timezone.localdate(row.created_at),
        text=row.text,
        verdict=row.verdict,
        confidence=confidence,
        version=row.version or "",
        source=row.source,
        is_right=None if row.truth is None else row.agrees_with(row.truth),
        is_exact=None if row.truth is None else bool(row.truth) and row.truth in (row.text, row.shown_text),
        is_skipped=row.is_skipped,
        stratum=(is_disputed, row.verdict, row.verdict == Verdict.DIGIT and confidence < HARDLY_SURE),
        pen=row.pen_px / side_px if row.pen_px and side_px else None,
        side_px=side_px,
    )


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
        place = bisect_right(CONFIDENCES, row.confidence)
        bins.setdefault(place, Group(_bin(place))).add(row, row.is_exact)
    return [bins[place] for place in sorted(bins)]


def _bin(place: int) -> tuple[float, float]:
    edges: Sequence[float] = (0.0, *CONFIDENCES, 1.0)
    return edges[place], edges[place + 1]


def is_calibrated(group: Group) -> bool | None:
    """Return whether the mean confidence of a bin lies in the interval of its accuracy; None if that is unknown."""
    found = group.estimate
    return None if found.share is None else found.low <= group.expected <= found.high


def start_of(days: int) -> datetime:
    """Return the start of the first of the last `days` days, today included, in the current time zone."""
    first = timezone.localdate() - timedelta(days=days - 1)
    return datetime.combine(first, time.min, timezone.get_current_timezone())
