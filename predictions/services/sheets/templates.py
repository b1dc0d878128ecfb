"""Templates of sheets: make one, make a new version, archive it, and list those of a person."""

import json
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from ml.sheets.characters import name_characters
from ml.sheets.layout import lay_out
from ml.sheets.printing.fonts import find_missing_characters
from ml.sheets.template import Template, parse_template
from predictions.models.sheets import SheetTemplate, TemplateKind
from predictions.models.sheets.codes import MAX_PAGES
from predictions.services.errors import Refused

MAX_TEMPLATES = 100  # of a person, archived ones left out
MAX_VERSIONS = 500  # of all their templates, archived ones too
MAX_FORM_BYTES = 64 * 1024


class UnprintableText(Refused):
    """A text has characters that our font lacks.

    Attributes:
        path: of the text, as `InvalidTemplate` has it.
        characters: those that are missing, as a sentence lists them.
    """

    def __init__(self, characters: str, *path: str | int) -> None:
        place = ".".join(str(part) for part in path)
        message = f'These characters of "{place}" can\'t be printed: {characters}. Use Latin, Greek or Cyrillic.'
        super().__init__("unprintable", message)
        self.path = path
        self.characters = characters


def create_template(owner: User, form: object) -> SheetTemplate:
    """Make the first version of a template to print.

    form: as `parse_template` takes it.

    Raises:
        InvalidTemplate: if the form is wrong.
        Refused: if it is too long, can't be printed, or its owner has too many.
    """
    template = _parse(form, TemplateKind.PRINTED)
    with transaction.atomic():
        _lock_owner(owner.pk)
        if list_templates(owner).count() >= MAX_TEMPLATES:
            message = f"You have {MAX_TEMPLATES} templates, the most there can be. Archive one that you no longer need."
            raise Refused("too_many_templates", message, 409)
        _check_versions(owner.pk)
        made = SheetTemplate(owner=owner, title=template.title, form=template.as_dict())
        made.save(force_insert=True)
    made.refresh_from_db(fields=["created_at"])
    return made


def revise_template(template: SheetTemplate, form: object) -> SheetTemplate:
    """Return the newest version with this form: the one there is if nothing changed, or else a new one.

    Pages that were printed from former versions are still read as those. A template that was archived comes back.

    Raises:
        InvalidTemplate, Refused: as `create_template` does.
    """
    parsed = _parse(form, template.kind)
    with transaction.atomic():
        _lock_owner(template.owner_id)
        versions = SheetTemplate.objects.filter(family=template.family)
        newest = versions.latest("version")
        if newest.archived_at is not None:
            versions.update(archived_at=None)
        if newest.form == parsed.as_dict():
            newest.archived_at = None
            return newest
        _check_versions(template.owner_id)
        made = SheetTemplate(
            owner_id=template.owner_id, family=template.family, version=newest.version + 1,
            kind=template.kind, title=parsed.title, form=parsed.as_dict(), table=template.table,
        )  # fmt: skip
        made.save(force_insert=True)
    made.refresh_from_db(fields=["created_at"])
    return made


def archive_template(template: SheetTemplate) -> None:
    """Hide all versions of a template from lists. Its printed pages can still be read."""
    SheetTemplate.objects.filter(family=template.family, archived_at=None).update(archived_at=Now())


def restore_template(template: SheetTemplate) -> None:
    """Undo `archive_template`."""
    SheetTemplate.objects.filter(family=template.family).update(archived_at=None)


def list_templates(owner: User) -> QuerySet[SheetTemplate]:
    """Return the newest version of each template that is not archived, the newest first."""
    return _newest_versions(owner).filter(archived_at=None)


def list_archived(owner: User) -> QuerySet[SheetTemplate]:
    """Return the newest version of each template that is archived, the newest first."""
    return _newest_versions(owner).exclude(archived_at=None)


def _newest_versions(owner: User) -> QuerySet[SheetTemplate]:
    newer = SheetTemplate.objects.filter(family=OuterRef("family"), version__gt=OuterRef("version"))
    return SheetTemplate.objects.filter(~Exists(newer), owner=owner).order_by("-created_at", "-id")


def list_versions(template: SheetTemplate) -> QuerySet[SheetTemplate]:
    """Return all versions of a template, the newest first."""
    return SheetTemplate.objects.filter(family=template.family, owner=template.owner_id).order_by("-version")


def _parse(form: object, kind: str) -> Template:
    template = parse_template(form)
    if len(json.dumps(template.as_dict(), ensure_ascii=False).encode()) > MAX_FORM_BYTES:
        message = f"This template is longer than {MAX_FORM_BYTES // 1024} KB. Use fewer labels, or shorter ones."
        raise Refused("template_too_large", message, 413)
    if kind == TemplateKind.PRINTED:
        for text, path in _list_texts(template):
            if unprintable := name_unprintable(text):
                raise UnprintableText(unprintable, *path)
        if len(lay_out(template)) > MAX_PAGES:
            raise Refused("template_too_large", f"This template has more than {MAX_PAGES} pages. Use fewer rows.", 413)
    return template


def name_unprintable(text: str) -> str:
    """Return the characters of a text that can't be printed, as a sentence lists them; "" if all can."""
    return name_characters(find_missing_characters(text))


def _list_texts(template: Template) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    yield template.title, ("title",)
    for number, column in enumerate(template.columns):
        yield column.name, ("columns", number, "name")
        yield from ((label, ("columns", number, "labels", row)) for row, label in enumerate(column.labels))


def _lock_owner(owner_id: int) -> None:
    User.objects.select_for_update(no_key=True).get(pk=owner_id)  # serializes concurrent requests


def _check_versions(owner_id: int) -> None:
    if SheetTemplate.objects.filter(owner=owner_id).count() >= MAX_VERSIONS:
        message = f"You have made {MAX_VERSIONS} versions of templates, the most there can be. Ask an administrator."
        raise Refused("too_many_templates", message, 409)
