"""Which of two versions reads better, and what speaks against promoting one. Loads no network: workers count.

A candidate is worse than the live version if it reads

- fewer of the golden drawings right: they are fixed and clean, so no chance is in it; or
- fewer of the reviewed drawings right, by more than chance: of the drawings that only one of the two reads right, it
  lost so many that two equally good versions would differ like that in less than 5 of 100 cases (exact one-sided sign
  test; McNemar, "Note on the sampling error of the difference between correlated proportions", 1947). With nothing won
  instead, five lost drawings are enough and four are not.

What its card says of its makers' sets is shown, and refuses nothing: the sets of two cards need not be the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from math import comb
from typing import Any, Self

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ml.types import PREPROCESSING_VERSION
from predictions.models import Comparison, ModelVersion

GOLDEN, REVIEWED = "golden", "reviewed"
LEAST_CHANCE = 0.05
GOOD_FOR = timedelta(days=1)
ATTEMPTS_LIMIT = 3


@dataclass(frozen=True)
class Tally:
    """How two versions read one set: how many drawings, both right, and right by the rival or the candidate alone."""

    count: int = 0
    both: int = 0
    lost: int = 0
    won: int = 0

    @property
    def candidate(self) -> int:
        """Return how many the candidate read right."""
        return self.both + self.won

    @property
    def rival(self) -> int:
        """Return how many the rival read right."""
        return self.both + self.lost

    @property
    def chance(self) -> float:
        """How likely so many or more would be lost if both were equally good; 1 if they never differ."""
        differing = self.lost + self.won
        return sum(comb(differing, lost) for lost in range(self.lost, differing + 1)) / 2**differing

    def turned(self) -> Self:
        """Return the same, seen by the rival."""
        return type(self)(self.count, self.both, self.won, self.lost)


Tallies = Mapping[str, Tally]


@dataclass(frozen=True)
class Found:
    """A finished comparison: how the candidate and the rival of today read each set, and whether it is recent."""

    comparison: Comparison
    tallies: Tallies
    is_recent: bool


def is_worse(name: str, tally: Tally) -> bool:
    """Return True if this set speaks against the candidate, by the rule above."""
    return tally.lost > tally.won and (name == GOLDEN or tally.chance < LEAST_CHANCE)


def judgement(name: str, tally: Tally) -> str:
    """Return "better", "worse" or "alike" for the candidate, by the rule above both ways."""
    if is_worse(name, tally):
        return "worse"
    return "better" if is_worse(name, tally.turned()) else "alike"


def ask(candidate: ModelVersion, rival: ModelVersion) -> None:
    """Have a worker compare the two, if one can and unless that is asked for already."""
    if candidate.preprocessing == PREPROCESSING_VERSION and not is_waiting(candidate, rival):
        Comparison.objects.create(candidate=candidate, rival=rival)


def is_waiting(candidate: ModelVersion, rival: ModelVersion) -> bool:
    """Return True if a comparison of the two is asked for and not done. One query."""
    return waiting().filter(candidate=candidate, rival=rival).exists()


def record(candidate: ModelVersion, rival: ModelVersion, tallies: Tallies) -> None:
    """Keep what was counted on the spot, so that it speaks for the way back too."""
    Comparison.objects.create(candidate=candidate, rival=rival, figures=as_figures(tallies), finished_at=Now())


def waiting() -> QuerySet[Comparison]:
    """Return the comparisons that no worker has finished, oldest first."""
    return Comparison.objects.filter(finished_at=None).order_by("pk")


def find(candidate: ModelVersion, rival: ModelVersion) -> Found | None:
    """Return the newest finished comparison of the two, whichever was the candidate then. One query.

    One that found the rival of today in trouble says nothing of the candidate of today, so that is left out.
    """
    either = Q(candidate=candidate, rival=rival) | Q(candidate=rival, rival=candidate, trouble="")
    finished = Comparison.objects.filter(either, finished_at__isnull=False)
    row = finished.annotate(is_recent=Q(finished_at__gt=Now() - GOOD_FOR)).order_by("-finished_at").first()
    if row is None:
        return None
    tallies = {name: Tally(**found) for name, found in row.figures.items()}
    if row.candidate_id != candidate.pk:
        tallies = {name: tally.turned() for name, tally in tallies.items()}
    return Found(row, tallies, row.is_recent)


def as_figures(tallies: Tallies) -> dict[str, Any]:
    """Return tallies as `Comparison.figures` and the audit log keep them."""
    return {name: asdict(tally) for name, tally in tallies.items()}


def why_unusable(candidate: ModelVersion) -> str:
    """Say why no worker could read with `candidate`; "" if they can."""
    if candidate.preprocessing == PREPROCESSING_VERSION:
        return ""
    return _("The preprocessing of %(name)s is %(its)s, that of the workers %(theirs)s: none could read with it.") % {
        "name": candidate.name,
        "its": candidate.preprocessing,
        "theirs": PREPROCESSING_VERSION,
    }


def why_worse(tallies: Tallies) -> list[str]:
    """Say, with the numbers, where the candidate is worse; nothing if it is not."""
    said = {
        GOLDEN: _("It reads %(candidate)d of the %(count)d golden drawings right; the live one reads %(rival)d."),
        REVIEWED: _(
            "It reads %(candidate)d of the %(count)d reviewed drawings right; the live one reads %(rival)d. It loses "
            "%(lost)d and wins %(won)d: were both equally good, the chance of that would be %(chance)s."
        ),
    }
    return [
        said[name]
        % {
            "count": tally.count,
            "candidate": tally.candidate,
            "rival": tally.rival,
            "lost": tally.lost,
            "won": tally.won,
            "chance": number_format(round(tally.chance, 4), 4),
        }
        for name, tally in tallies.items()
        if is_worse(name, tally)
    ]


def objections(candidate: ModelVersion, live: ModelVersion | None, found: Found | None) -> list[str]:
    """Say everything that speaks against promoting `candidate` over `live`, given what `find` gives of the two.

    A version that was live before may come back by an older comparison, for then there may be no time for a new one.
    """
    if unusable := why_unusable(candidate):
        return [unusable]
    if live is None or live.preprocessing != PREPROCESSING_VERSION:
        return []  # nothing reads, so nothing can be worse
    if found is None:
        return [_("No worker has compared it with the live one yet.")]
    if found.comparison.trouble:
        return [found.comparison.trouble]
    if not found.is_recent and candidate.promoted_at is None:
        return [_("It was compared with the live one more than a day ago: compare them again.")]
    return why_worse(found.tallies)
