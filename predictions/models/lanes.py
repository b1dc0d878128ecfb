"""What waits for workers, lane by lane, and which lanes are paused."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models.claimable import Lane


class WorkLane(models.TextChoices):
    """A lane that can be paused: those of submissions by their stored values, and each other kind of work as one."""

    INTERACTIVE = Lane.INTERACTIVE.value, _("Single drawings")
    BULK = Lane.BULK.value, _("Drawings in bulk")
    GUEST = Lane.GUEST.value, _("Drawings of guests")
    JOBS = "jobs", _("Explanations and new readings")
    COMPARISONS = "comparisons", _("Comparisons of models")


class PausedLane(models.Model):
    """A lane from which workers claim nothing. Its rows stay as they are, and more may arrive.

    Older versions, which may run beside this one, do not know this table: their workers claim from paused lanes too,
    and they delete users without regard to it, so the foreign key is not enforced.
    """

    lane = models.CharField(_("lane"), max_length=12, primary_key=True, choices=WorkLane)
    paused_at = models.DateTimeField(_("paused at"), db_default=Now())
    paused_by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("paused by"),
    )

    class Meta:
        verbose_name = _("paused lane")
        verbose_name_plural = _("paused lanes")

    def __str__(self) -> str:
        return str(self.get_lane_display())
