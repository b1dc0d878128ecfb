"""`ScheduledRun`: what runs by the clock, and how its last run went."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LATE_AFTER = 3 * MINUTE  # beat sweeps every 30 s, so after that nobody does


class ScheduledTask(models.TextChoices):
    """What runs by the clock. The values are stored and stay."""

    UNFINISHED = "unfinished", _("Put back what dead workers held, and fail what cannot be read")
    GOLDEN = "golden", _("Send our own test digit")
    GUESTS = "guests", _("Delete drawings of guests after an hour")
    DELETED = "deleted_drawings", _("Empty deleted drawings, and delete their rows after a day")
    SUPERSEDED = "superseded", _("Delete replaced drawings and old test digits")
    OLD = "old_drawings", _("Delete drawings older than RETENTION_DAYS")
    ACCOUNTS = "accounts", _("Finish the deletion of accounts")
    AUDIT_NAMES = "audit_names", _("Move names out of the audit log")
    EXPORTS = "exports", _("Delete expired exports")
    COUNTS = "counts", _("Delete counts for limits")
    SESSIONS = "sessions", _("Delete expired sessions")
    KEYS = "keys", _("Delete old idempotency keys, expired tokens and invitations")
    MAIL = "mail", _("Delete old mail")
    REMAINS = "remains", _("Delete what is kept for some days")
    RETRAINING = "retraining", _("Start a training run if it is due")


EVERY = {
    ScheduledTask.UNFINISHED: 30 * SECOND,
    ScheduledTask.GOLDEN: MINUTE,
    ScheduledTask.GUESTS: MINUTE / 2,
    ScheduledTask.DELETED: MINUTE / 2,
    ScheduledTask.SUPERSEDED: 10 * MINUTE,
    ScheduledTask.OLD: 10 * MINUTE,
    ScheduledTask.ACCOUNTS: MINUTE / 2,
    ScheduledTask.AUDIT_NAMES: MINUTE,
    ScheduledTask.EXPORTS: MINUTE,
    ScheduledTask.COUNTS: MINUTE,
    ScheduledTask.SESSIONS: 10 * MINUTE,
    ScheduledTask.KEYS: HOUR,
    ScheduledTask.MAIL: HOUR,
    ScheduledTask.REMAINS: HOUR,
    ScheduledTask.RETRAINING: 10 * MINUTE,
}


class ScheduledRunQuerySet(models.QuerySet["ScheduledRun"]):
    """Filters on scheduled tasks, by Postgres' clock."""

    def due(self) -> Self:
        """Filter tasks that are to run now, and that nobody runs: of two who claim one, one gets it."""
        is_wanted = Q(due_at__lte=Now()) | Q(asked_at__isnull=False)
        return self.filter(is_wanted, Q(lease_until=None) | Q(lease_until__lte=Now()))

    def running(self) -> Self:
        return self.filter(lease_until__gt=Now())

    def late(self) -> Self:
        """Filter tasks that have been due for long and that nobody runs: beat or the workers are down."""
        return self.due().filter(due_at__lt=Now() - LATE_AFTER)

    def failing(self) -> Self:
        """Filter tasks whose last finished run raised an error."""
        return self.exclude(error="")

    def interrupted(self) -> Self:
        """Filter tasks whose last run ended with its process. They run again by themselves."""
        ended = Q(finished_at=None) | Q(finished_at__lt=F("started_at"))
        return self.filter(ended, started_at__isnull=False, lease_until__lte=Now())


class ScheduledRun(models.Model):
    """A scheduled task and its last run: one row for each task. All times are by Postgres' clock.

    due_at: when it runs next. attempts: runs begun since the last good one, counted before any work is done.
    claim, lease_until: of the worker that runs it, as of a Claimable.
    finished_at, took_ms, done, error: of the last run that ended, and how many rows it dealt with.
    failed_at: of the last run that raised an error, whatever came after it.
    total: of all runs. asked_at: a person wants it to run now, and it has not begun.
    asked_by: who wanted the last run or the next one; null is the schedule. The foreign key is not enforced, since
    older code deletes users without knowing this table.
    """

    name = models.CharField(_("task"), max_length=30, primary_key=True, choices=ScheduledTask)
    due_at = models.DateTimeField(_("due"), db_default=Now())
    claim = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, db_default=0)
    started_at = models.DateTimeField(_("last started"), null=True)
    finished_at = models.DateTimeField(_("last finished"), null=True)
    took_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    done = models.PositiveIntegerField(_("rows"), default=0, db_default=0)
    total = models.PositiveBigIntegerField(_("rows of all runs"), default=0, db_default=0)
    error = models.CharField(_("error"), max_length=300, blank=True, default="", db_default="")
    failed_at = models.DateTimeField(_("last failed"), null=True)
    asked_at = models.DateTimeField(_("asked for"), null=True)
    asked_by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("asked for by"),
    )

    objects = ScheduledRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled task")
        verbose_name_plural = _("scheduled tasks")

    def __str__(self) -> str:
        return str(self.get_name_display())

    @property
    def took_s(self) -> float | None:
        """How long the last run took; None if there was none."""
        return None if self.took_ms is None else self.took_ms / 1000
