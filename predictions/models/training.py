"""`TrainingRun`: a model that is to be tuned on reviewed drawings, by the trainer."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models.claimable import UNFINISHED, Claimable, ClaimableQuerySet, Status, state_constraints
from predictions.models.versions import ModelVersion

NAME_CHARS = 100
LEASE = timedelta(minutes=1)


class Stage(models.TextChoices):
    """What a run is at."""

    WAITING = "waiting", _("waiting for a trainer")
    COLLECTING = "collecting", _("collecting reviewed drawings")
    TUNING = "tuning", _("tuning the digit network")
    PACKING = "packing", _("calibrating and measuring")
    DONE = "done", _("done")


class TrainingRun(Claimable):
    """A run that tunes the digit network of a version on the reviewed set, and registers a candidate.

    name: of the candidate.
    options: how to train, as `services.candidates.retraining.Options`.
    progress: the share that is done, in [0, 1].
    curves: by epoch, of the loss and the accuracy on held-out images.
    counts: what it is trained on, for the people who look at it, and a hash of that.
    log: a line for each step.
    trouble: why it failed, for the operator.
    deadline_at: a run that is not done by then fails.
    state: what an interrupted run goes on with; empty once it is finished.
    """

    late = Q(deadline_at__lt=Now())
    claim_order = ("pk",)
    given_up: ClassVar = {"trouble": "Every attempt failed; the log of the trainer says why."}

    name = models.CharField(_("candidate"), max_length=NAME_CHARS)
    requested_by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,  # older code deletes users without knowing this table
        related_name="+",
        verbose_name=_("started by"),
    )
    start = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+", verbose_name=_("starts from"))
    candidate = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("candidate")
    )
    options = models.JSONField(default=dict)
    stage = models.CharField(_("stage"), max_length=12, choices=Stage, default=Stage.WAITING)
    progress = models.FloatField(_("progress"), default=0.0)
    curves = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    log = models.TextField(_("log"), blank=True, default="")
    trouble = models.CharField(_("problem"), max_length=300, blank=True, default="")
    deadline_at = models.DateTimeField(_("must be done by"), null=True)
    state = models.BinaryField(default=b"")

    objects = ClaimableQuerySet["TrainingRun"].as_manager()

    class Meta:
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")
        constraints = [
            *state_constraints("trainingrun"),
            models.UniqueConstraint(fields=["name"], name="trainingrun_name"),
            models.CheckConstraint(
                name="trainingrun_progress_is_a_share", condition=Q(progress__gte=0, progress__lte=1)
            ),
            models.UniqueConstraint(
                models.Value(1), condition=Q(status__in=UNFINISHED), name="trainingrun_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def lease_for(cls) -> timedelta:
        """Return the lease of a claim: longer than that of a drawing, since a training step may hold the CPU."""
        return LEASE

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or runs."""
        return Status(self.status) in UNFINISHED
