"""Whether reviewers agree: Cohen's kappa of independent first and second reviews, and their answers to known drawings.

Third reviews are left out: they are asked for only where two disagree.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from predictions.models import DoubleReview, KnownAnswer, Role
from predictions.services.statistics.arithmetic import Estimate, estimate_share, wilson

FEWEST_PAIRS = 20  # with fewer, kappa is not told
DIGITS = tuple("0123456789")
NO_DIGIT = ""

Said = tuple[str, str]  # what two reviewers say of one drawing


@dataclass(frozen=True)
class Agreement:
    """How often two say the same, and how much more often than by chance.

    name: whose agreement, or on what. kappa: None if there are too few pairs, or all say the same.
    """

    name: Any
    pairs: int
    agreed: int
    kappa: float | None = None
    low: float = -1.0
    high: float = 1.0


def measure_agreement(said: Mapping[Said, int], name: Any = "") -> Agreement:
    """Return Cohen's kappa of pairs with its 95% interval.

    The interval is Wilson's, of the share that agrees, with the agreement by chance taken as known, as in Cohen's own
    standard error; unlike that, it is not empty if all agree.

    Source: Cohen, "A coefficient of agreement for nominal scales", 1960.
    """
    pairs, agreed = sum(said.values()), sum(count for (one, other), count in said.items() if one == other)
    first, second = Counter[str](), Counter[str]()
    for (one, other), count in said.items():
        first[one] += count
        second[other] += count
    by_chance = sum(first[text] * second[text] for text in first) / pairs**2 if pairs else 1.0
    if pairs < FEWEST_PAIRS or by_chance == 1:
        return Agreement(name, pairs, agreed)
    kappa, low, high = (
        (share - by_chance) / (1 - by_chance) for share in (agreed / pairs, *wilson(agreed / pairs, pairs))
    )
    return Agreement(name, pairs, agreed, kappa, max(low, -1.0), high)


def measure_digit(said: Mapping[Said, int], digit: str) -> Agreement:
    """Return the agreement on whether a drawing shows this digit; pairs of which neither says so agree too."""
    either = Counter[Said]()
    for (one, other), count in said.items():
        either[str(one == digit), str(other == digit)] += count
    return measure_agreement(either, digit)


@dataclass
class Agreements:
    """The agreement of all reviewers, of each with the others, and on each digit that occurs; "" is no digit.

    waiting: how many drawings wait for a second and for a third review.
    """

    total: Agreement
    by_reviewer: list[Agreement]
    by_digit: list[Agreement]
    waiting: tuple[int, int]


def load_agreements(since: datetime) -> Agreements:
    """Return the agreement on drawings that were chosen for a second review since then. Two queries."""
    said, by_reviewer = Counter[Said](), dict[str, Counter[Said]]()
    for one, other, first, second, count in _load_pairs(since):
        said[one, other] += count
        if first:
            by_reviewer.setdefault(first, Counter())[one, other] += count
        if second:
            by_reviewer.setdefault(second, Counter())[other, one] += count
    told = {text for pair in said for text in pair}
    waiting = DoubleReview.objects.aggregate(second=Count("pk", Q(waits_for=2)), third=Count("pk", Q(waits_for=3)))
    return Agreements(
        measure_agreement(said),
        [measure_agreement(of_one, name) for name, of_one in sorted(by_reviewer.items())],
        [measure_digit(said, digit) for digit in (*DIGITS, NO_DIGIT) if digit in told],
        (waiting["second"], waiting["third"]),
    )


def _load_pairs(since: datetime) -> Iterable[tuple[str, str, str | None, str | None, int]]:
    """Return what first and second reviews say that are not withdrawn, by whom, and how often."""
    rows = DoubleReview.objects.filter(chosen_at__gte=since, first__role=Role.REVIEWER, second__role=Role.REVIEWER)
    rows = rows.filter(first__withdrawn_at=None, second__withdrawn_at=None)
    columns = ("first__text", "second__text", *_BY)
    counted = rows.values_list(*columns).annotate(count=Count("*")).order_by()
    for one, other, first, second, former_first, former_second, count in counted:
        yield one, other, first or _name_of(former_first), second or _name_of(former_second), count


_BY = (
    *("first__reviewer__username", "second__reviewer__username"),
    *("first__former_reviewer", "second__former_reviewer"),
)


def _name_of(former_reviewer: int | None) -> str | None:
    """Return what a reviewer is called whose account is deleted: something that tells them from others."""
    return _("former reviewer %(number)s") % {"number": f"{-former_reviewer:x}"} if former_reviewer else None


@dataclass(frozen=True)
class Known:
    """How a reviewer answered known drawings."""

    name: str
    answers: int
    right: int
    estimate: Estimate = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "estimate", estimate_share(self.right, self.answers))


def load_known(since: datetime) -> list[Known]:
    """Return how each reviewer answered known drawings since then, by name. One query."""
    rows = KnownAnswer.objects.filter(created_at__gte=since, reviewer__username__isnull=False)
    counted = rows.values_list("reviewer__username").annotate(
        answers=Count("*"), right=Count("pk", filter=Q(text=F("truth")))
    )
    return [Known(*row) for row in counted.order_by("reviewer__username")]
