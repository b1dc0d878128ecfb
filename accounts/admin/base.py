"""What the admin's pages share: columns with our own titles, view-only tables, counted pages and deletions."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import display_for_value, flatten_fieldsets
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import DataError, router
from django.db.models import Field, ManyToManyField, Model, ProtectedError, QuerySet
from django.db.models.deletion import Collector
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import User

# Checkboxes work without a script and are easy to tap on a phone.
TICKED: dict[type[Field], dict[str, Any]] = {ManyToManyField: {"widget": CheckboxSelectMultiple}}


def actor(request: HttpRequest) -> User:
    """Return who acts, for the audit log."""
    assert isinstance(request.user, User)  # noqa: S101 (only logged-in users reach the admin; for mypy)
    return request.user


def named(field: str, words: Any) -> Callable[[Any, Model], Any]:
    """Return a list column that shows `field` under the title `words`, for fields of third-party models."""

    @admin.display(description=words, ordering=field)
    def show(self: Any, row: Model) -> Any:
        in_words = getattr(row, f"get_{field}_display", None)
        return display_for_value(in_words() if in_words else getattr(row, field), "-")

    return show


def warn_about_lost_form(has_permission_before: Callable[[HttpRequest], bool]) -> Callable[[HttpRequest], bool]:
    """Wrap the admin's permission check: a form sent after the session ended gets a message that it was not saved.

    The message is shown on the log-in page, which leads back to the form.
    """

    def has_permission(request: HttpRequest) -> bool:
        if request.method == "POST" and not request.user.is_authenticated:
            text = _("You were logged out, so your changes were not saved. Log in and try again.")
            messages.warning(request, text)
        return has_permission_before(request)

    return has_permission


class CappedCount(int):
    """A count that stopped at its cap: shown as "1,000 or more"."""

    def __str__(self) -> str:
        return _("%(count)s or more") % {"count": number_format(int(self), use_l10n=True, force_grouping=True)}


class CappedPaginator(Paginator):
    """Count at most MOST rows: an exact count of a long table would read all of it."""

    MOST = 1_000

    @cached_property
    def count(self) -> int:
        assert isinstance(self.object_list, QuerySet)  # noqa: S101
        counted = self.object_list.order_by()[: self.MOST].count()
        return CappedCount(counted) if counted == self.MOST else counted


class TolerantListAdmin(admin.ModelAdmin):
    """A list that answers a filter value the database refuses (NUL, a far year) as Django answers an unknown filter.

    Nobody learns more from it than it shows: not by filters on other columns, nor which rows exist from a refusal.
    """

    filtered_by: Sequence[str] = ()  # columns that are filtered by and not shown

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether the list may be filtered so: by a column that is not shown, it would tell what that holds.

        A text can be read a character at a time, by which prefix of it finds the row.
        """
        name = lookup.partition("__")[0]
        is_column = name in {field.name for field in self.opts.get_fields()}
        is_hidden = is_column and name not in self._shown_columns(request)
        return not is_hidden and super().lookup_allowed(lookup, value, request)

    def _shown_columns(self, request: HttpRequest) -> set[Any]:
        """Return the names of what the list and the pages of its rows show, methods among them."""
        all_but = {field.name for field in self.opts.get_fields()} - {*(self.get_exclude(request) or ())}
        of_row = self.fields or flatten_fieldsets(self.fieldsets or ()) or all_but
        filters = {getattr(one, "parameter_name", one) for one in self.list_filter}
        return {*of_row, *self.get_list_display(request), *filters, *self.filtered_by, self.date_hierarchy, "id"}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return a row or None. Raises PermissionDenied before it is looked up, also where it does not exist."""
        if not (self.has_view_or_change_permission(request) or self.has_delete_permission(request)):
            raise PermissionDenied
        return super().get_object(request, object_id, from_field)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *rest: Any, **options: Any
    ) -> HttpResponse | None:
        """Do an action; ids that cannot be any row's select nothing, where the database would raise an error."""
        try:
            for id_ in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.clean(id_, None)
        except ValidationError:
            messages.warning(request, _("Select rows of this list first. Nothing was changed."))
            return None
        return super().response_action(request, queryset, *rest, **options)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except (DataError, OverflowError, ValueError):  # the person sees the unfiltered list and a message
            if request.method != "GET" or not request.GET or ERROR_FLAG in request.GET:
                raise
            messages.warning(request, _("This filter cannot be applied, so everything is shown."))
            return redirect(f"{request.path}?{ERROR_FLAG}=1")


class ViewOnlyAdmin(TolerantListAdmin):
    """A table that can be viewed, but not changed by hand."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CountedDeletionAdmin(TolerantListAdmin):
    """A table whose rows own many others: the confirmation of a deletion counts them instead of listing each."""

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Return the names of `objs`, the number of rows deleted with them by kind, and what prevents it.

        The number of queries does not grow with the rows; Django's own lists each, at a query or more.
        """
        objs = list(objs)
        names = [str(obj) for obj in objs]
        if not objs:
            return names, {}, set(), []
        collector = Collector(using=router.db_for_write(type(objs[0])))
        try:
            collector.collect(objs)
        except ProtectedError as error:
            return names, {}, set(), [str(obj) for obj in error.protected_objects]
        counts: Counter[type[Model]] = Counter({model: len(rows) for model, rows in collector.data.items()})
        for rows in collector.fast_deletes:
            counts[rows.model] += rows.count()
        barred = {model for model, count in counts.items() if count and self._bars(request, model)}
        if not all(self.has_delete_permission(request, obj) for obj in objs):
            barred.add(self.model)
        missing = {str(model._meta.verbose_name) for model in barred}
        return names, {str(model._meta.verbose_name_plural): n for model, n in counts.items() if n}, missing, []

    def _bars(self, request: HttpRequest, model: type[Model]) -> bool:
        """Return whether `model` is registered and this user may not delete its rows."""
        registered = self.admin_site._registry.get(model)
        return registered is not None and not registered.has_delete_permission(request)
