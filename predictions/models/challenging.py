"""A candidate that reads a share of live traffic in shadow, and what it read. Only its page in the admin shows that."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ml.types import MAX_TEXT_CHARS
from predictions.models.claimable import UNFINISHED, Claimable, ClaimableQuerySet, state_constraints
from predictions.models.submissions import Submission
from predictions.models.submissions.conditions import MOST_SHADOWED
from predictions.models.versions import ModelVersion


class Challenger(Claimable):
    """A candidate in shadow, from its start until it is stopped; at most one is not stopped.

    A worker claims the row for each drawing that it reads with it, so that a candidate that ends its workers is given
    up like any other work. Stopped by a person, it is canceled; by a fault, failed.

    share: of the drawings of users, at most MOST_SHADOWED.
    trouble: why it was stopped, if nobody did.
    """

    claim_order = ("pk",)
    given_up: ClassVar[dict[str, Any]] = {"trouble": "It ended its workers; their logs say why."}

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="challengers")
    share = models.FloatField(_("share"), default=MOST_SHADOWED)
    trouble = models.CharField(max_length=300, blank=True, default="")

    objects = ClaimableQuerySet["Challenger"].as_manager()

    class Meta:
        verbose_name = _("challenger")
        verbose_name_plural = _("challengers")
        constraints = [
            *state_constraints("challenger"),
            models.CheckConstraint(
                name="challenger_share_is_small", condition=Q(share__gt=0, share__lte=MOST_SHADOWED)
            ),
            models.UniqueConstraint(
                models.Value(1), condition=Q(status__in=UNFINISHED), name="challenger_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_version} in shadow"


class ShadowReading(models.Model):
    """What a challenger read in a drawing, and whether that is what was served.

    A table of its own, so that nothing that shows or counts readings can show it, in older code neither. Postgres
    deletes these rows with their submission, also if older code deletes that, which does not know them.
    """

    submission = models.ForeignKey(
        Submission, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    text = models.CharField(max_length=MAX_TEXT_CHARS, blank=True)
    written = models.CharField(max_length=MAX_TEXT_CHARS, blank=True)
    verdict = models.CharField(max_length=12)
    confidence = models.FloatField()
    agrees = models.BooleanField()
    elapsed_ms = models.FloatField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "model_version"], name="shadowreading_once_a_version")
        ]
        indexes = [
            models.Index(fields=["model_version", "agrees", "-created_at"], name="shadowreading_of_version"),
            models.Index(fields=["created_at"], name="shadowreading_age"),
        ]

    @property
    def shown_text(self) -> str:
        """What was read, as people see it."""
        return self.written or self.text

    def __str__(self) -> str:
        return f"{self.submission_id} by {self.model_version_id}"
