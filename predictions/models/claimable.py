"""Rows that a worker claims: their statuses, why they fail, and the columns that only `lifecycle` writes."""

from datetime import timedelta
from typing import Any, ClassVar, Generic, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound="Claimable")

QUEUED_CHANNEL = "inkling_queued"  # NOTIFY without a payload: a submission was stored
PAGES = "pages"  # its payload if pages of a sheet were


class Status(models.TextChoices):
    """The state of a claimable row. `lifecycle` draws the transitions."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")


class Lane(models.TextChoices):
    """The priority of a row. Sorted by value in `-lane`: interactive rows come first, then bulk ones, guests' last."""

    INTERACTIVE = "interactive"
    BULK = "bulk"
    GUEST = "anonymous"  # sorts after "bulk", in older workers too


UNFINISHED = (Status.QUEUED, Status.RUNNING)
FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELED)


class ErrorCode(models.TextChoices):
    """Why a row failed, each with the sentence that its owner reads."""

    BLANK = "blank", _("There is nothing drawn here. Draw a digit and try again.")
    UNREADABLE = "unreadable", _("This file could not be read as an image. Send a complete PNG, JPEG or WebP.")
    TOO_LARGE = "too_large", _("This image is too large. Send a smaller one.")
    TOO_MANY_DIGITS = "too_many_digits", _("There are too many digits here. Send at most 32 at once.")
    GAVE_UP = "gave_up", _("Reading this failed several times. Try again; if it fails again, tell us its id.")
    DEADLINE = "deadline", _("This was not read before the requested deadline. Try again.")
    NO_MODEL = "no_model", _("No model is available right now. Try again later; the operator has been notified.")
    BAD_FILE = "bad_file", _("This file could not be read. Send a photograph (JPEG, PNG or WebP) or a PDF.")
    PROTECTED = "protected", _("This PDF has a password. Save it without one, then send it again.")
    BAD_PHOTO = (
        "bad_photo",
        _("This photograph is not good enough to read. Take it again, with the whole page in view."),
    )
    NO_TABLE = "no_table", _("No table was found here. Photograph the whole page from above, in even light.")
    NO_CODE = "no_code", _("The code on this page can't be read. Take it again, with the code sharp and in view.")
    FOREIGN_CODE = (
        "foreign_code",
        _("This page belongs to none of your templates. Print one of yours and fill that in."),
    )
    OTHER_TEMPLATE = "other_template", _("This page is of another template. Send it as a sheet of its own.")
    TOO_MANY_PAGES = "too_many_pages", _("A sheet has at most 20 pages. Send the other pages as another sheet.")

    @property
    def in_english(self) -> str:
        """The sentence for API clients, which should rely on the code instead."""
        with translation.override("en"):
            return str(self.label)


class ClaimableQuerySet(models.QuerySet[M], Generic[M]):
    """Filters on the state of claimable rows."""

    def unfinished(self) -> Self:
        return self.filter(status__in=UNFINISHED)

    def finished(self) -> Self:
        return self.filter(status__in=FINISHED)

    def abandoned(self) -> Self:
        """Filter running rows whose lease has expired by Postgres' clock: their worker is gone."""
        return self.filter(status=Status.RUNNING, lease_until__lt=Now())

    def waiting(self) -> Self:
        """Filter rows that a worker may claim now: queued and due, or abandoned."""
        due = Q(status=Status.QUEUED, available_at__lte=Now())
        return self.filter(due | Q(status=Status.RUNNING, lease_until__lt=Now()))


class Claimable(models.Model):
    """A row that a worker claims under a lease. Only `lifecycle` writes these columns.

    late: rows that must no longer be started; none, unless a model has deadlines.
    claim_order: the order in which rows are claimed.
    given_up: further columns to set on a row whose attempts are used up.
    """

    late: ClassVar[Q] = Q(pk__in=())
    claim_order: ClassVar[tuple[str, ...]] = ("-lane", "pk")
    given_up: ClassVar[dict[str, Any]] = {}

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

    @property
    def failure_text(self) -> str:
        """Why it failed and what to do, in the reader's language; "" if it did not."""
        return str(self.get_error_code_display())

    @classmethod
    def lease_for(cls) -> timedelta:
        """Return how long a claim holds before it must be renewed."""
        return timedelta(seconds=settings.LEASE_S)


def state_constraints(prefix: str) -> list[models.CheckConstraint]:
    """Return the constraints that keep the columns of a Claimable consistent, named `PREFIX_...`."""
    return [
        models.CheckConstraint(
            name=f"{prefix}_running_is_claimed",
            condition=Q(status=Status.RUNNING, claim__isnull=False, lease_until__isnull=False)
            | (~Q(status=Status.RUNNING) & Q(claim__isnull=True, lease_until__isnull=True)),
        ),
        models.CheckConstraint(
            name=f"{prefix}_failed_has_reason",
            condition=(Q(status=Status.FAILED) & ~Q(error_code="")) | (~Q(status=Status.FAILED) & Q(error_code="")),
        ),
        models.CheckConstraint(
            name=f"{prefix}_finished_has_time",
            condition=Q(status__in=FINISHED, finished_at__isnull=False)
            | Q(status__in=UNFINISHED, finished_at__isnull=True),
        ),
    ]
