"""`SheetTemplate`, the form of a page to fill in, and `Sheet`, the pages that were photographed together."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ml.sheets.template import MAX_TITLE_CHARS, Template, parse_template

MAX_PAGES = 20  # of a sheet
FILE_NAME_CHARS = 60  # of its name in the name of a file


class TemplateKind(models.TextChoices):
    """Whose form it is."""

    PRINTED = "printed", _("printed by us")  # with corner marks and a code
    RULED = "ruled", _("your own table")  # found by its lines, its columns named by a person


class SheetTemplate(models.Model):
    """The columns, rows and totals of a page. A change makes a new version; a version never changes.

    family: shared by all versions of a template.
    form: the canonical form of an `ml.sheets.template.Template`.
    table: where the lines of a RULED table are, as `ml.sheets.tables` stores them, so that it is known again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, db_constraint=False, related_name="+", verbose_name=_("owner")
    )
    family = models.UUIDField(default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=TemplateKind, default=TemplateKind.PRINTED)
    title = models.CharField(_("title"), max_length=MAX_TITLE_CHARS)
    form = models.JSONField()
    table = models.JSONField(null=True)
    created_at = models.DateTimeField(_("made at"), db_default=Now(), editable=False)
    archived_at = models.DateTimeField(_("archived at"), null=True, editable=False)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [models.UniqueConstraint(fields=["family", "version"], name="sheettemplate_version")]
        indexes = [models.Index(F("owner"), F("created_at").desc(), name="sheettemplate_of_owner")]

    def __str__(self) -> str:
        return f"{self.title} · {self.version}"

    @property
    def template(self) -> Template:
        """The parsed form."""
        return parse_template(self.form)


class Sheet(models.Model):
    """Pages that were photographed together, and the table that is read from them.

    template: null until the code of the first page is read, or the columns of an own table are named.
    threshold: the least confidence that its owner accepts without checking; null until they choose.
    settled_at: when all cells were read and the most likely table that satisfies the sums was found.
    A deleted sheet is hidden at once; the sweep deletes its rows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, db_constraint=False, related_name="+", verbose_name=_("owner")
    )
    template = models.ForeignKey(
        SheetTemplate, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("template")
    )
    title = models.CharField(_("title"), max_length=MAX_TITLE_CHARS, blank=True, default="")
    is_demo = models.BooleanField(default=False, editable=False)
    threshold = models.FloatField(null=True)
    created_at = models.DateTimeField(_("sent at"), db_default=Now(), editable=False)
    settled_at = models.DateTimeField(_("read at"), null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("sheet")
        verbose_name_plural = _("sheets")
        indexes = [
            models.Index(F("owner"), F("created_at").desc(), name="sheet_of_owner"),
            models.Index(fields=["created_at"], condition=models.Q(settled_at=None), name="sheet_unsettled"),
            models.Index(fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="sheet_deleted"),
        ]

    @property
    def name(self) -> str:
        """Its title, else its template's; "" for an own table whose columns are not named yet."""
        return self.title or (self.template.title if self.template else "")

    @property
    def parsed_template(self) -> Template | None:
        """The form of its template; None until that is known."""
        return self.template.template if self.template else None

    @property
    def file_name(self) -> str:
        """The name of its files, without an ending: what it is called, and the day when it was sent."""
        name = slugify(self.name, allow_unicode=True)[:FILE_NAME_CHARS]
        return f"{name or 'sheet'}-{self.created_at:%Y-%m-%d}"

    @property
    def finished_at(self) -> dt.datetime | None:
        """When it was settled, as a `Claimable` has it: requests wait for that."""
        return self.settled_at

    def __str__(self) -> str:
        return self.title or str(self.id)[:8]
