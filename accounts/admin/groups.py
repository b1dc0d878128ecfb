"""What a group may do, told by table and in words; Django's own list names apps and models of the code."""

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

VERBS = {"view": _("look at"), "add": _("add"), "change": _("change"), "delete": _("delete")}


def _table(permission: Permission) -> str:
    model = permission.content_type.model_class()
    return str(capfirst(model._meta.verbose_name_plural) if model else permission.content_type)


def _verb(permission: Permission) -> str:
    return str(VERBS.get(permission.codename.split("_")[0], permission.name))


def _by_table(permissions: Iterable[Permission]) -> Iterator[tuple[str, list[Permission]]]:
    """Return each table's permissions, in the order of VERBS, the tables by their names."""
    order = list(VERBS)
    rows = sorted(permissions, key=lambda row: (_table(row), order.index(row.codename.split("_")[0])))
    for table, found in groupby(rows, key=_table):
        yield table, list(found)


def _in_words(permissions: Iterable[Permission]) -> Iterable[Permission]:
    """Leave out what is no act on a table's rows."""
    return [row for row in permissions if row.codename.split("_")[0] in VERBS]


def allowed(group: Group) -> Iterator[tuple[str, str]]:
    """Return the tables on which a group may act, and how. One query."""
    for table, found in _by_table(_in_words(group.permissions.select_related("content_type"))):
        yield table, ", ".join(map(_verb, found))


class _Tables(ModelChoiceIterator):
    """The choices, a group a table."""

    def __iter__(self) -> Iterator[Any]:
        for table, found in _by_table(_in_words(self.queryset)):
            yield table, [self.choice(permission) for permission in found]


class PermissionsByTable(ModelMultipleChoiceField):
    """The permissions that count in this office, to be ticked table by table."""

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
