"""Which of two model versions reads better, and what speaks against promoting one. Workers do the reading.

A candidate is worse than the live version if it reads

- fewer of the golden drawings right: they are fixed and clean, so any loss counts; or
- significantly fewer of the reviewed drawings right: among the drawings that exactly one of the two reads right, it
  lost so many that equally good versions would differ as much in less than 5% of cases (exact one-sided sign test;
  McNemar, "Note on the sampling error of the difference between correlated proportions", 1947). If it won none, five
  lost drawings are enough and four are not.

The accuracies in the model cards are shown but decide nothing, since two cards need not use the same test sets.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from math import comb
from typing import Any, Self

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ml.types import PREPROCESSING_VERSION
from predictions import lifecycle
from predictions.models import Comparison, ModelVersion

GOLDEN, REVIEWED = "golden", "reviewed"
SIGNIFICANCE_LEVEL = 0.05
VALID_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Tally:
    """How two versions read one set of drawings.

    both: read right by both versions; lost: only by the rival; won: only by the candidate.
    """

    count: int = 0
    both: int = 0
    lost: int = 0
    won: int = 0

    @property
    def candidate(self) -> int:
        """How many the candidate read right."""
        return self.both + self.won

    @property
    def rival(self) -> int:
        """How many the rival read right."""
        return self.both + self.lost

    @property
    def chance(self) -> float:
        """The probability of losing as many or more if both were equally good; 1 if they never differ."""
        differing = self.lost + self.won
        return sum(comb(differing, lost) for lost in range(self.lost, differing + 1)) / 2**differing

    def turned(self) -> Self:
        """Return the same with the two versions exchanged."""
        return type(self)(self.count, self.both, self.won, self.lost)


Tallies = Mapping[str, Tally]


@dataclass(frozen=True)
class Outcome:
    """A finished comparison: how today's candidate and rival read each set, and whether it is recent."""

    comparison: Comparison
    tallies: Tallies
    is_recent: bool


def is_worse(name: str, tally: Tally) -> bool:
    """Return True if this set speaks against the candidate, by the rule at the top."""
    return tally.lost > tally.won and (name == GOLDEN or tally.chance < SIGNIFICANCE_LEVEL)


def judgement(name: str, tally: Tally) -> str:
    """Return "better", "worse" or "alike" for the candidate, by the rule at the top applied both ways."""
    if is_worse(name, tally):
        return "worse"
    return "better" if is_worse(name, tally.turned()) else "alike"


def request(candidate: ModelVersion, rival: ModelVersion) -> None:
    """Queue a comparison, if a worker can do it and unless it is queued already."""
    if candidate.is_readable and not is_waiting(candidate, rival):
        Comparison.objects.create(candidate=candidate, rival=rival)


def is_waiting(candidate: ModelVersion, rival: ModelVersion) -> bool:
    """Return True if a comparison of the two is queued or running. One query."""
    return Comparison.objects.unfinished().filter(candidate=candidate, rival=rival).exists()


def record(candidate: ModelVersion, rival: ModelVersion, tallies: Tallies) -> None:
    """Store tallies that were counted without a worker, so that a rollback can use them too."""
    lifecycle.record_comparison(candidate, rival, as_figures(tallies))


def find(candidate: ModelVersion, rival: ModelVersion) -> Outcome | None:
    """Return the newest finished comparison of the two, in either direction. One query.

    A comparison in which today's rival could not be used is left out, as it says nothing about today's candidate.
    """
    either = Q(candidate=candidate, rival=rival) | Q(candidate=rival, rival=candidate, trouble="")
    finished = Comparison.objects.finished().filter(either)
    row = finished.annotate(is_recent=Q(finished_at__gt=Now() - VALID_FOR)).order_by("-finished_at").first()
    if row is None:
        return None
    tallies = {name: Tally(**counts) for name, counts in row.figures.items()}
    if row.candidate_id != candidate.pk:
        tallies = {name: tally.turned() for name, tally in tallies.items()}
    return Outcome(row, tallies, row.is_recent)  # type: ignore[attr-defined]  # annotated above


def as_figures(tallies: Tallies) -> dict[str, Any]:
    """Return tallies in the form that `Comparison.figures` and the audit log store."""
    return {name: asdict(tally) for name, tally in tallies.items()}


def why_unusable(candidate: ModelVersion) -> str:
    """Return why no worker can read with `candidate`, or ""."""
    if candidate.is_readable:
        return ""
    if candidate.preprocessing == PREPROCESSING_VERSION:
        return _(
            "%(name)s has no line recognizer, since it was registered with an older version of this service. "
            "Pack it again and register it under another name."
        ) % {"name": candidate.name}
    return _("%(name)s needs preprocessing %(its)s, but the workers use %(theirs)s.") % {
        "name": candidate.name,
        "its": candidate.preprocessing,
        "theirs": PREPROCESSING_VERSION,
    }


def why_worse(tallies: Tallies) -> list[str]:
    """Return a sentence with the numbers for each set on which the candidate is worse."""
    sentences = {
        GOLDEN: _("It reads %(candidate)d of the %(count)d golden drawings correctly; the live model reads %(rival)d."),
        REVIEWED: _(
            "It reads %(candidate)d of the %(count)d reviewed drawings correctly; the live model reads %(rival)d. "
            "The live model alone reads %(lost)d of them correctly, this one alone %(won)d; if both were equally good, "
            "the chance of that would be %(chance)s."
        ),
    }
    return [
        sentences[name]
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


def objections(candidate: ModelVersion, rival: ModelVersion | None, outcome: Outcome | None) -> list[str]:
    """Return the reasons not to promote `candidate`, given the outcome that `find` returns for it and `rival`.

    rival: the version that reads, which is the live one or stands in for it; None if nothing reads.

    A version that was live before may be restored by an older comparison, as a rollback may be urgent.
    """
    if unusable := why_unusable(candidate):
        return [unusable]
    if rival is None or not rival.is_readable or rival == candidate:
        return []  # nothing reads, or the candidate itself, so nothing can be worse
    if outcome is None:
        return [_("It has not been compared with the live model yet. Compare them first.")]
    if outcome.comparison.trouble:
        return [outcome.comparison.trouble]
    if not outcome.is_recent and candidate.promoted_at is None:
        return [_("It was compared with the live model more than a day ago. Compare them again.")]
    return why_worse(outcome.tallies)
