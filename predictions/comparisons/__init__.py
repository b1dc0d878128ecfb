"""Which of two model versions reads better, and what speaks against promoting one. Workers do the reading.

`tallies` counts what both read right, `measures` is what else workers measure, `promotion_checks` has the rules. The
accuracies in the model cards are shown but decide nothing, since two cards need not use the same test sets.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from ml.types import PREPROCESSING_VERSION
from predictions import lifecycle
from predictions.comparisons import promotion_checks
from predictions.comparisons.measures import Measures
from predictions.comparisons.promotion_checks import PromotionCheck
from predictions.comparisons.tallies import GOLDEN, REVIEWED, Tallies, Tally, as_figures, is_worse, judgement
from predictions.models import Comparison, ModelVersion

__all__ = ["GOLDEN", "REVIEWED", "Measures", "Tallies", "Tally", "as_figures", "is_worse", "judgement"]

VALID_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Findings:
    """What was found of two versions; no measures in what a worker of an older version compared."""

    tallies: Tallies
    measures: Measures | None = None

    @property
    def checks(self) -> list[PromotionCheck]:
        """The checks, with the numbers of both versions."""
        return promotion_checks.judge(self.tallies, self.measures)


@dataclass(frozen=True, kw_only=True)
class Outcome(Findings):
    """A finished comparison: what it found of today's candidate and rival, and whether it is recent."""

    comparison: Comparison
    is_recent: bool


def request(candidate: ModelVersion, rival: ModelVersion) -> None:
    """Queue a comparison, if a worker can do it and unless it is queued already."""
    if candidate.is_readable and not is_waiting(candidate, rival):
        Comparison.objects.create(candidate=candidate, rival=rival)


def is_waiting(candidate: ModelVersion, rival: ModelVersion) -> bool:
    """Return True if a comparison of the two is queued or running. One query."""
    return Comparison.objects.unfinished().filter(candidate=candidate, rival=rival).exists()


def record(candidate: ModelVersion, rival: ModelVersion, found: Findings) -> None:
    """Store what was found without a worker, so that a rollback can use it too."""
    measures = found.measures.as_dict() if found.measures else {}
    lifecycle.record_comparison(candidate, rival, as_figures(found.tallies), measures)


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
    measures = Measures.from_dict(row.measures)
    if row.candidate_id != candidate.pk:
        tallies = {name: tally.turned() for name, tally in tallies.items()}
        measures = measures.turned() if measures else None
    is_recent: bool = row.is_recent  # type: ignore[attr-defined]  # annotated above
    return Outcome(tallies, measures, comparison=row, is_recent=is_recent)


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


def why_worse(candidate: ModelVersion, found: Findings) -> list[str]:
    """Return a sentence with the numbers for each check that the candidate does not pass.

    A version that was live before is held to fewer: see `promotion_checks`.
    """
    names = promotion_checks.NAMES if candidate.promoted_at is None else promotion_checks.OF_EVERY_VERSION
    return [check.objection for check in found.checks if check.objection and check.name in names]


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
    if outcome.measures is None and candidate.promoted_at is None:
        return [
            _("It was compared by a worker of an older version, which measures less. Compare them again."),
            *why_worse(candidate, outcome),
        ]
    return why_worse(candidate, outcome)
