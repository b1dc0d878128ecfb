"""Rows that are jobs: their statuses, why they fail, and the columns that `lifecycle` alone writes."""

from typing import ClassVar, Generic, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound="Claimable")


class Status(models.TextChoices):
    """Where a claimable row stands; the arrows between them are in `lifecycle`."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")


class Lane(models.TextChoices):
    """Whose turn comes first: somebody waiting, or work in bulk. Sorted by value, so `bulk` needs `-lane`."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


UNFINISHED = (Status.QUEUED, Status.RUNNING)
FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELED)


class ErrorCode(models.TextChoices):
    """Why a row failed, each with the sentence that its owner reads."""

    BLANK = "blank", _("There is nothing drawn here. Draw a digit and try again.")
    UNREADABLE = "unreadable", _("This file could not be read as an image. Send a complete PNG, JPEG or WebP.")
    TOO_LARGE = "too_large", _("This image is too large. Send a smaller one.")
    TOO_MANY_DIGITS = "too_many_digits", _("There are too many digits here. Send at most 16 at once.")
    GAVE_UP = "gave_up", _("Reading this failed several times. Try again; if it fails again, tell us its id.")
    DEADLINE = "deadline", _("This was not read before the deadline that was asked for. Try again.")
    NO_MODEL = "no_model", _("No model can be used right now. Try again later; the operator has been told.")

    @property
    def in_english(self) -> str:
        """The sentence for programs, which read the code, and for their makers."""
        with translation.override("en"):
            return str(self.label)


class ClaimableQuerySet(models.QuerySet[M], Generic[M]):
    """Questions about rows that workers claim."""

    def unfinished(self) -> Self:
        return self.filter(status__in=UNFINISHED)

    def finished(self) -> Self:
        return self.filter(status__in=FINISHED)

    def abandoned(self) -> Self:
        """Running rows whose lease has ended by Postgres' clock: their worker is gone."""
        return self.filter(status=Status.RUNNING, lease_until__lt=Now())

    def waiting(self) -> Self:
        """Rows that a worker may claim now: queued and due, or abandoned."""
        due = Q(status=Status.QUEUED, available_at__lte=Now())
        return self.filter(due | Q(status=Status.RUNNING, lease_until__lt=Now()))


class Claimable(models.Model):
    """A row that is a job. `lifecycle` alone writes these columns.

    late: what is not to be begun any more; nothing, unless a kind of row has deadlines.
    """

    late: ClassVar[Q] = Q(pk__in=())

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    available_at = models.DateTimeField(db_default=Now(), editable=False)
    error_code = models.CharField(
        _("why it failed"), max_length=20, choices=ErrorCode, blank=True, default="", editable=False
    )
    created_at = models.DateTimeField(_("sent at"), db_default=Now(), editable=False)
    queued_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_running_is_claimed",
                condition=Q(status=Status.RUNNING, claim__isnull=False, lease_until__isnull=False)
                | (~Q(status=Status.RUNNING) & Q(claim__isnull=True, lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="%(class)s_failed_has_reason",
                condition=(Q(status=Status.FAILED) & ~Q(error_code="")) | (~Q(status=Status.FAILED) & Q(error_code="")),
            ),
            models.CheckConstraint(
                name="%(class)s_finished_has_time",
                condition=Q(status__in=FINISHED, finished_at__isnull=False)
                | Q(status__in=UNFINISHED, finished_at__isnull=True),
            ),
        ]
