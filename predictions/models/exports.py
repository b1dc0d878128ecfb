"""`Export`: a file of a person's drawings that a worker writes, kept in Postgres in chunks until it expires."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models.claimable import UNFINISHED, Claimable, ClaimableQuerySet, Status, state_constraints
from predictions.models.sheets import Sheet

KEPT_FOR = timedelta(days=1)
CHUNK_BYTES = 1_000_000  # of every chunk but the last
KEYS_IN_PART = 500
CHUNKS_DELETED = 500  # of an export in one statement


class ExportFormat(models.TextChoices):
    """What the file is."""

    CSV = "csv", _("CSV table")
    XLSX = "xlsx", _("Excel workbook")
    JSON = "json", _("JSON with strokes")
    PNG = "png", _("Pictures (zip)")
    EVERYTHING = "everything", _("Everything about me (zip)")
    SHEET = "sheet", _("Excel workbook of a sheet")  # an older worker fails at it and leaves it to a newer one


ENDINGS = {
    ExportFormat.CSV: ("csv", "text/csv; charset=utf-8"),
    ExportFormat.XLSX: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ExportFormat.JSON: ("json", "application/json"),
    ExportFormat.PNG: ("zip", "application/zip"),
    ExportFormat.EVERYTHING: ("zip", "application/zip"),
    ExportFormat.SHEET: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
OF_DRAWINGS = (ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.JSON, ExportFormat.PNG)  # of those that are chosen


class ExportQuerySet(ClaimableQuerySet["Export"]):
    """Filters on exports, to be chained."""

    def of(self, user: User) -> "ExportQuerySet":
        """Filter the exports of `user`, newest first, without those that have expired; sheets are loaded with them."""
        rows = self.select_related("sheet__template").defer("sheet__template__form", "sheet__template__table")
        return rows.unexpired().filter(owner=user).order_by("-created_at")

    def delete_chunks(self) -> None:
        """Delete the chunks of these exports, so few at a time that no statement runs into the database's limit."""
        chunks = ExportChunk.objects.filter(export__in=list(self.values_list("pk", flat=True)))
        last = chunks.aggregate(last=models.Max("number"))["last"]
        for start in range(0, 0 if last is None else last + 1, CHUNKS_DELETED):
            chunks.filter(number__gte=start, number__lt=start + CHUNKS_DELETED).delete()

    def expired(self) -> "ExportQuerySet":
        """Filter exports that finished longer than KEPT_FOR ago."""
        return self.filter(finished_at__lte=Now() - KEPT_FOR)

    def unexpired(self) -> "ExportQuerySet":
        """Filter exports that are unfinished or finished lately."""
        return self.filter(Q(finished_at=None) | Q(finished_at__gt=Now() - KEPT_FOR))


class Export(Claimable):
    """A file of the drawings that its owner chose, which were those of `ExportPart` when it was requested.

    sheet: whose cells are written, for SHEET; `total` and `done` then count cells.
    total, done: how many drawings were chosen, and how many of them are written; what was deleted since is left out.
    bytes: of the chunks that are stored; they count toward what the owner may keep.
    limit_bytes: how many there may be; with more, the export fails.
    The foreign key is not enforced, since older code, which may run beside this one, deletes users without knowing this
    table; retention deletes what they leave.
    """

    claim_order: ClassVar[tuple[str, ...]] = ("created_at", "pk")
    given_up: ClassVar[dict[str, Any]] = {"bytes": 0}  # its chunks are deleted by the next sweep

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, db_constraint=False, related_name="+", verbose_name=_("owner")
    )
    format = models.CharField(_("format"), max_length=12, choices=ExportFormat)
    sheet = models.ForeignKey(
        Sheet,
        null=True,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("sheet"),
    )
    total = models.PositiveIntegerField(_("drawings"), default=0)
    done = models.PositiveIntegerField(default=0)
    bytes = models.BigIntegerField(_("bytes"), default=0)
    limit_bytes = models.BigIntegerField()

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            *state_constraints("export"),
            models.UniqueConstraint(fields=["owner"], condition=Q(status__in=UNFINISHED), name="export_one_at_a_time"),
        ]
        indexes = [
            models.Index(F("created_at"), condition=Q(status__in=UNFINISHED), name="export_queue"),
            models.Index(F("finished_at"), condition=Q(finished_at__isnull=False), name="export_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()} · {str(self.id)[:8]}"

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or is being written."""
        return Status(self.status) in UNFINISHED

    @property
    def left_out(self) -> int:
        """How many drawings the finished file is without, since they were deleted before they were written."""
        return self.total - self.done if self.status == Status.SUCCEEDED else 0

    @property
    def expires_at(self) -> datetime | None:
        """When it is deleted; None until it is finished."""
        return self.finished_at and self.finished_at + KEPT_FOR

    @property
    def file_name(self) -> str:
        """The name under which it is downloaded: a sheet's, or what tells exports apart."""
        name = self.sheet.file_name if self.sheet else f"inkling-{self.created_at:%Y-%m-%d}-{str(self.id)[:8]}"
        return f"{name}.{ENDINGS[ExportFormat(self.format)][0]}"

    @property
    def content_type(self) -> str:
        """The media type of the file."""
        return ENDINGS[ExportFormat(self.format)][1]

    @property
    def percent(self) -> int:
        """How much is written, of 100."""
        return 100 * self.done // self.total if self.total else 0


class ExportPart(models.Model):
    """Keys of up to KEYS_IN_PART submissions of an export, newest first, as they were chosen when it was requested."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, db_index=False, related_name="parts")
    number = models.PositiveIntegerField()
    keys: "ArrayField[Any, Any]" = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="exportpart_number")]

    def __str__(self) -> str:
        return f"{self.number} of {self.export_id}"


class ExportChunk(models.Model):
    """CHUNK_BYTES of an export's file, or the rest of it."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, db_index=False, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="exportchunk_number")]

    def __str__(self) -> str:
        return f"{self.number} of {self.export_id}"
