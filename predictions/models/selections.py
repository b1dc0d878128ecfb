"""What a person did to many of their drawings at once: deleted them, or had them read again."""

import uuid
from datetime import timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Q
from django.db.models.functions import Least, Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models.versions import ModelVersion

UNDO_FOR = timedelta(seconds=40)
# From the beginning of the deletion. A worker of an older version empties after a minute what is deleted, and restoring
# 100,000 drawings takes up to 10 s.
UNDO_WITHIN = timedelta(seconds=48)


class ClockTimestamp(Func):
    """Postgres' clock at this moment, which goes on within a statement and a transaction."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


class DeletionQuerySet(models.QuerySet["Deletion"]):
    """Filters on deletions."""

    def restorable(self) -> Self:
        """Filter deletions that can be undone now, and add how much `time_left` there is for that."""
        until = Least(F("ended_at") + UNDO_FOR, F("at") + UNDO_WITHIN, output_field=models.DateTimeField())
        time_left = ExpressionWrapper(until - Now(), output_field=models.DurationField())
        rows = self.filter(ended_at__isnull=False, restored_at=None, emptied_at=None)
        return rows.annotate(time_left=time_left).filter(time_left__gt=timedelta(0))


class Deletion(models.Model):
    """Drawings that were deleted together: those of the owner whose `deleted_at` is exactly `at`.

    Each deletion has a time of its own, so that undoing it restores these and no others. With `restored_at` it is
    undone, with `emptied_at` it cannot be any more, and nothing is emptied before. The foreign key is not enforced,
    since older code, which may run beside this one, deletes users without knowing this table.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, models.CASCADE, db_constraint=False, db_index=False, related_name="+", verbose_name=_("owner")
    )
    at = models.DateTimeField(db_default=Now())
    count = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    restored_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)
    time_left: timedelta  # only of `restorable`

    objects = DeletionQuerySet.as_manager()

    class Meta:
        verbose_name = _("deletion")
        verbose_name_plural = _("deletions")
        constraints = [
            models.UniqueConstraint(fields=["owner", "at"], name="deletion_at_a_time_of_its_own"),
            models.CheckConstraint(
                name="deletion_is_undone_or_emptied", condition=Q(restored_at=None) | Q(emptied_at=None)
            ),
        ]
        indexes = [
            models.Index(fields=["at"], condition=Q(restored_at=None, emptied_at=None), name="deletion_open"),
            models.Index(fields=["at"], name="deletion_age"),
        ]

    def __str__(self) -> str:
        return f"{self.count} · {self.at:%Y-%m-%d %H:%M}"


class ReadAgainRequest(models.Model):
    """One step of reading many drawings again: the jobs that it queued, what it left out, and where to go on.

    jobs: the primary keys of the jobs, at most as many as a person may have in flight.
    rest: the selection that is left, as the page sends it again; null if nothing is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, models.CASCADE, db_constraint=False, db_index=False, related_name="+", verbose_name=_("owner")
    )
    model_version = models.ForeignKey(
        ModelVersion,
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("model version"),
    )
    jobs = ArrayField(models.BigIntegerField(), default=list)
    already_read = models.PositiveIntegerField(default=0)
    not_readable = models.PositiveIntegerField(default=0)
    rest = models.JSONField(null=True)
    asked_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("request to read again")
        verbose_name_plural = _("requests to read again")
        indexes = [
            models.Index(F("owner"), F("asked_at").desc(), name="readagain_newest"),
            models.Index(fields=["asked_at"], name="readagain_age"),
        ]

    def __str__(self) -> str:
        return f"{len(self.jobs)} · {self.asked_at:%Y-%m-%d %H:%M}"
