"""Retraining: start a training run, cancel it, and say when the schedule asks for one. The trainer does the rest."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from predictions import lifecycle, registry
from predictions.models import Review, Role, Status, TrainingRun

EPOCHS, IMAGES, LEAST_IMAGES = 6, 20_000, 500
LEAST_REVIEWED = 50  # newly reviewed drawings, for a run by schedule
TUNED = "-tuned-"  # in the name of a candidate, between the version that it stems from and the time


class CannotRetrain(RuntimeError):
    """No run can be started now; the message says why."""


@dataclass(frozen=True)
class Options:
    """How to train.

    epochs: how many. images: about how many in an epoch, besides reviewed ones. seed: of everything random.
    """

    epochs: int = EPOCHS
    images: int = IMAGES
    seed: int = 1


def start(by: User | None, options: Options | None = None) -> TrainingRun:
    """Queue a run that tunes the version that reads. Raises CannotRetrain. by: None for the schedule."""
    try:
        version = registry.serving().version
    except registry.NoModel as error:
        raise CannotRetrain(str(error)) from error
    name = f"{version.name.split(TUNED)[0]}{TUNED}{timezone.now():%Y%m%d-%H%M%S}"
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                name=name,
                requested_by=by,
                start=version,
                options=asdict(options or Options()),
                deadline_at=Now() + timedelta(seconds=settings.TRAINING_LIMIT_S),
            )
            audit.record(by, "model.retraining_started", name, start=version.name, **run.options)
    except IntegrityError as error:
        raise CannotRetrain(_("Another training run is not finished yet.")) from error
    return run


def cancel(run: TrainingRun, by: User) -> bool:
    """Cancel a run that is not finished; False if it is. The trainer stops within an epoch."""
    canceled = bool(lifecycle.cancel(TrainingRun.objects.filter(pk=run.pk)))
    if canceled:
        TrainingRun.objects.filter(pk=run.pk).update(state=b"")
        audit.record(by, "model.retraining_canceled", run.name)
    return canceled


def count_new() -> int:
    """Return how many drawings that may be trained with were reviewed since the last run was started. Two queries."""
    last = TrainingRun.objects.exclude(status=Status.CANCELED).order_by("-created_at").first()
    reviews = Review.objects.filter(role=Role.REVIEWER, withdrawn_at=None).exclude(reviewer=F("submission__owner"))
    if last:
        reviews = reviews.filter(created_at__gt=last.created_at)
    kept = reviews.filter(submission__may_train=True, submission__deleted_at=None, submission__superseded_at=None)
    return kept.filter(submission__status=Status.SUCCEEDED).values("submission").distinct().count()


def start_if_due() -> TrainingRun | None:
    """Start a run if RETRAIN_EVERY_DAYS have passed since the last one and enough was reviewed since."""
    if not settings.RETRAIN_EVERY_DAYS:
        return None
    lately = TrainingRun.objects.filter(created_at__gt=Now() - timedelta(days=settings.RETRAIN_EVERY_DAYS))
    if lately.exists() or count_new() < LEAST_REVIEWED:
        return None
    try:
        return start(None)
    except CannotRetrain:  # another process was quicker, or nothing is live
        return None


def is_stuck(run: TrainingRun) -> bool:
    """Return True if a run has waited so long that probably no trainer is running."""
    return run.status == Status.QUEUED and run.queued_at < timezone.now() - timedelta(seconds=30)
