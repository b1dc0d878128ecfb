"""Let a candidate read a share of live traffic in shadow, stop it, and say how often it reads what was served."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Avg, Count, Q, QuerySet

from accounts import audit
from accounts.models import User
from predictions import lifecycle
from predictions.models import Challenger, ModelVersion, ShadowReading
from predictions.models.submissions.conditions import MOST_SHADOWED
from predictions.services.statistics.arithmetic import wilson

STARTED, STOPPED = "model.challenger_started", "model.challenger_stopped"  # in the audit log
SHARES = (MOST_SHADOWED, 0.02, 0.01)
SHOWN = 100  # disagreements


class CannotChallenge(Exception):
    """Raised with the reason, a code, why a version cannot be the challenger: "live", "unreadable" or "taken"."""


@dataclass(frozen=True)
class ShadowResults:
    """What a version read in shadow.

    agreed: what was served; low and high: the 95% interval of its share.
    """

    count: int
    agreed: int
    low: float
    high: float
    mean_ms: float | None

    @property
    def share(self) -> float | None:
        """The share that agrees; None if nothing was read."""
        return self.agreed / self.count if self.count else None

    @property
    def disagreed(self) -> int:
        """How many do not agree."""
        return self.count - self.agreed


def start(version: ModelVersion, by: User, share: float = MOST_SHADOWED) -> Challenger:
    """Make a version the challenger.

    Raises:
        CannotChallenge: if it is live, cannot be used by this code, or another one is the challenger.
    """
    if version.is_live:
        raise CannotChallenge("live")
    if not version.is_readable:
        raise CannotChallenge("unreadable")
    try:
        with transaction.atomic():
            challenger = Challenger.objects.create(model_version=version, share=share)
            audit.record(by, STARTED, version.name, sha256=version.sha256, share=share)
    except IntegrityError:
        raise CannotChallenge("taken") from None
    return challenger


def stop(version: ModelVersion, by: User) -> bool:
    """Stop a version from reading in shadow; False if it does not. Workers store nothing of it from then on."""
    with transaction.atomic():
        if not Challenger.objects.unfinished().filter(model_version=version).exists():
            return False
        is_stopped = lifecycle.cancel(Challenger.objects.filter(model_version=version)) > 0
        if is_stopped:
            audit.record(by, STOPPED, version.name, sha256=version.sha256)
    return is_stopped


def running() -> Challenger | None:
    """Return the challenger, or None. One query."""
    rows = Challenger.objects.unfinished().select_related("model_version")
    return rows.defer("model_version__card").first()


def last_of(version: ModelVersion) -> Challenger | None:
    """Return when a version was last the challenger. One query."""
    return Challenger.objects.filter(model_version=version).order_by("-pk").first()


def results(version: ModelVersion) -> ShadowResults:
    """Return how often a version read what was served; deleted drawings are left out, as they go. One query."""
    counts = _readings(version).aggregate(
        count=Count("pk"), agreed=Count("pk", filter=Q(agrees=True)), mean_ms=Avg("elapsed_ms")
    )
    count, agreed = counts["count"], counts["agreed"]
    low, high = wilson(agreed / count, count) if count else (0.0, 1.0)
    return ShadowResults(count, agreed, low, high, counts["mean_ms"])


def disagreements(version: ModelVersion) -> QuerySet[ShadowReading]:
    """Return what a version read otherwise than served, newest first, with its submissions. One query."""
    rows = _readings(version).filter(agrees=False).select_related("submission")
    return rows.order_by("-created_at")[:SHOWN]


def _readings(version: ModelVersion) -> QuerySet[ShadowReading]:
    return ShadowReading.objects.filter(
        model_version=version, submission__deleted_at=None, submission__owner__isnull=False
    )
