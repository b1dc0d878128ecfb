"""`SheetCell`: a cell of a sheet, its value and who confirmed it; `CellChange`: what people changed."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ml.types import MAX_TEXT_CHARS
from predictions.models.sheets.pages import SheetPage
from predictions.models.submissions import Submission


class CellState(models.TextChoices):
    """What was found in a cell when it was cut."""

    WRITTEN = "written", _("written")  # read as a submission
    EMPTY = "empty", _("empty")
    CROSSED_OUT = "crossed_out", _("crossed out")
    DITTO = "ditto", _("as above")  # ditto marks
    NOT_READ = "not_read", _("not read")  # a column of text, or one that is not named yet


class ValueSource(models.TextChoices):
    """Where the value of a cell comes from."""

    READ = "read", _("read")
    SUM = "sum", _("chosen so that the totals add up")
    DITTO = "ditto", _("as above")
    PERSON = "person", _("typed")


class SheetCellQuerySet(models.QuerySet["SheetCell"]):
    """Filters on cells."""

    def with_values(self) -> Self:
        """Those that hold a value, or will: all but those that are kept as a picture only."""
        return self.exclude(state=CellState.NOT_READ)


class SheetCell(models.Model):
    """A cell, once per page, row and column.

    row, column: of the template, from 0; the row of totals is the last.
    x, y, width, height: of the cell in the page's picture, in px.
    submission: null unless the cell is WRITTEN and its column is read.
    image: PNG of a cell that has no submission.
    text: the value; "" for an empty cell. `confidence` is the probability that it is right, null until it is known.
    read_text: what the reader said by itself; it differs from `text` where a sum or a person says otherwise.
    confirmed_by: who accepted or typed the value.
    """

    page = models.ForeignKey(SheetPage, on_delete=models.CASCADE, db_index=False, related_name="cells")
    row = models.PositiveIntegerField()
    column = models.PositiveIntegerField()
    x = models.FloatField()
    y = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    state = models.CharField(_("state"), max_length=12, choices=CellState)
    submission = models.OneToOneField(
        Submission, null=True, on_delete=models.SET_NULL, db_constraint=False, related_name="cell"
    )
    image = models.BinaryField(null=True)
    text = models.CharField(_("value"), max_length=MAX_TEXT_CHARS, blank=True, default="")
    read_text = models.CharField(_("reading"), max_length=MAX_TEXT_CHARS, blank=True, default="")
    confidence = models.FloatField(_("confidence"), null=True)
    source = models.CharField(_("origin"), max_length=8, choices=ValueSource, default=ValueSource.READ)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)

    objects: ClassVar[SheetCellQuerySet] = SheetCellQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("cell")
        verbose_name_plural = _("cells")
        constraints = [
            models.UniqueConstraint(fields=["page", "row", "column"], name="sheetcell_place"),
            models.CheckConstraint(
                name="sheetcell_confirmed_at",
                condition=Q(confirmed_at__isnull=False) | Q(confirmed_by=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row}, {self.column} of {self.page_id}"


class CellChange(models.Model):
    """A person's change of a cell, with what the cell was before, so that it can be undone. Never changed."""

    cell = models.ForeignKey(SheetCell, on_delete=models.CASCADE, related_name="changes")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False)
    before = models.JSONField()
    after = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("change of a cell")
        verbose_name_plural = _("changes of cells")

    def __str__(self) -> str:
        return f"{self.before} to {self.after}"
