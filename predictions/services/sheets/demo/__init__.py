"""A filled-in page of ours that everybody with an account can try. `ml.data.sheets.demo` makes its two files."""

import json
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from predictions.models import Sheet, SheetPage, SheetTemplate, Status
from predictions.services.sheets.taking import create_sheet, delete_sheet
from predictions.services.sheets.templates import archive_template, create_template

FOLDER = Path(__file__).parent


def open_demo(owner: User) -> Sheet:
    """Return the person's sheet of our page, which is read as any other; a new one if they have none that can be read.

    Its template is theirs, and archived at once, so that it does not stand among those that they print.

    Raises:
        Refused: as `create_sheet` and `create_template`.
    """
    tried = Sheet.objects.filter(owner=owner, is_demo=True).select_related("template").order_by("-created_at")
    failed = SheetPage.objects.filter(status=Status.FAILED).values("sheet")
    if found := tried.filter(deleted_at=None).exclude(pk__in=failed.filter(owner=owner)).first():
        return found
    with transaction.atomic():
        for sheet in tried.filter(deleted_at=None):  # an older version could not read it
            delete_sheet(sheet)
        last = tried.exclude(template=None).first()
        template = last.template if last and last.template else _make_template(owner)
        sheet = create_sheet(owner, [(FOLDER / "page.jpg").read_bytes()], template, _("Our page to try"))
        sheet.is_demo = True
        sheet.save(update_fields=["is_demo"])
    return sheet


def _make_template(owner: User) -> SheetTemplate:
    template = create_template(owner, json.loads((FOLDER / "form.json").read_text(encoding="utf-8")))
    archive_template(template)
    return template
