"""A group's permissions, one line for each table; Django's own list names apps and models."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.forms.models import ModelChoiceIterator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

VERBS = {"view": _("view"), "add": _("add"), "change": _("change"), "delete": _("delete"), "export": _("export")}


def _table(permission: Permission) -> str:
    model = permission.content_type.model_class()
    return str(capfirst(model._meta.verbose_name_plural) if model else permission.content_type)


def _verb(permission: Permission) -> str:
    return str(VERBS.get(permission.codename.split("_")[0], permission.name))


def _by_table(permissions: Iterable[Permission]) -> Iterator[tuple[str, list[Permission]]]:
    """Yield each table's permissions in the order of VERBS, tables sorted by name."""
    order = list(VERBS)
    rows = sorted(permissions, key=lambda row: (_table(row), order.index(row.codename.split("_")[0])))
    for table, found in groupby(rows, key=_table):
        yield table, list(found)


def _in_words(permissions: Iterable[Permission]) -> Iterable[Permission]:
    """Leave out permissions that are not about a table's rows."""
    return [row for row in permissions if row.codename.split("_")[0] in VERBS]


def allowed(group: Group) -> Iterator[tuple[str, str]]:
    """Yield each table that a group has permissions on, with their names. One query."""
    for table, found in _by_table(_in_words(group.permissions.select_related("content_type"))):
        yield table, ", ".join(map(_verb, found))


class _Tables(ModelChoiceIterator):
    """The choices, grouped by table."""

    def __iter__(self) -> Iterator[Any]:
        for table, found in _by_table(_in_words(self.queryset)):
            yield table, [self.choice(permission) for permission in found]


class PermissionsByTable(ModelMultipleChoiceField):
    """Checkboxes for the permissions of registered tables, grouped by table."""

    iterator = _Tables

    def __init__(self, site: AdminSite) -> None:
        tables = ContentType.objects.get_for_models(*site._registry).values()
        super().__init__(
            Permission.objects.filter(content_type__in=tables).select_related("content_type"),
            label=_("Permissions"),
            required=False,
            widget=CheckboxSelectMultiple,
        )

    def label_from_instance(self, permission: Permission) -> str:
        return _verb(permission)
