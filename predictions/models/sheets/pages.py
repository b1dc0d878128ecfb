"""`SheetPage`: a photograph, or a page of a PDF, from which a worker cuts cells."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models.claimable import UNFINISHED, Claimable, ClaimableQuerySet, ErrorCode, state_constraints
from predictions.models.sheets.sheets import Sheet

TOO_DEAR = _("This file takes too much time or memory to read. Photograph its pages, or send a smaller picture.")


class SheetPage(Claimable):
    """A page of a sheet. The worker that claims it finds its marks or lines, cuts its cells and queues them.

    A PDF arrives as one page: its worker stores the first page in its place and adds rows for the others.

    owner: of the sheet.
    number: the order in which pages were sent, from 1.
    template_page: which page of the template it is, from 1; null if unknown. `copy` tells pages apart that were filled
        in on the same page of the template: 0 for the first.
    quality: what the photograph is like: {"is_good": bool, "problems": [{"kind": ..., "place": ...}, ...]}, as
        `ml.sheets.pages.Problem` has them. Null until it was looked at, which is before its cells are read.
    table: the lines of a table that is not ours, until its columns are named.
    width_px, height_px: of the upright picture in `PageFile`.
    """

    claim_order: ClassVar[tuple[str, ...]] = ("owner_served_at", "created_at", "number")  # the first is of `claims`

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="pages", verbose_name=_("sheet"))
    owner = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="+",
        db_index=False,
        verbose_name=_("owner"),
    )
    number = models.PositiveIntegerField(_("page"))
    template_page = models.PositiveIntegerField(null=True)
    copy = models.PositiveIntegerField(default=0)
    quality = models.JSONField(null=True)
    table = models.JSONField(null=True)
    width_px = models.PositiveIntegerField(null=True)
    height_px = models.PositiveIntegerField(null=True)
    kept_bytes = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[ClaimableQuerySet["SheetPage"]] = ClaimableQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("page of a sheet")
        verbose_name_plural = _("pages of sheets")
        constraints = [
            *state_constraints("sheetpage"),
            models.UniqueConstraint(
                fields=["sheet", "number"], name="sheetpage_number", deferrable=models.Deferrable.DEFERRED
            ),
        ]
        indexes = [
            models.Index(F("created_at"), condition=Q(status__in=UNFINISHED), name="sheetpage_queue"),
            models.Index(F("owner"), F("started_at").desc(), name="sheetpage_turns"),
        ]

    @property
    def failure_text(self) -> str:
        """As of any Claimable; only the file of a page may be a PDF."""
        return str(TOO_DEAR if self.error_code == ErrorCode.TOO_LARGE else super().failure_text)

    def __str__(self) -> str:
        return f"{self.number} of {self.sheet_id}"


class PageFile(models.Model):
    """What was sent, until a worker has read it, and the upright picture that people see. Lists must not load it.

    data: the photograph or PDF; null once the picture replaces it.
    picture: JPEG of the page as if it had been scanned.
    """

    page = models.OneToOneField(SheetPage, primary_key=True, on_delete=models.CASCADE, related_name="file")
    data = models.BinaryField(null=True)
    content_type = models.CharField(max_length=20)
    picture = models.BinaryField(null=True)

    class Meta:
        indexes = [models.Index(fields=["page"], condition=Q(data__isnull=False), name="pagefile_original")]

    def __str__(self) -> str:
        return str(self.page_id)
