"""Save the filter of a list under a name, and delete it. The list shows saved filters as links."""

from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db import DataError, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from predictions.models import SavedFilter

MOST_PER_PERSON = 100
NOT_PART_OF_IT = ("p", "all", "e", "_popup", "_to_field")  # the page of the list, and the like
MOST_NAME_CHARS = 60
MOST_QUERY_CHARS = 1_000


def clean_query(query: str) -> str:
    """Return the query of a list's address without what is no filter, such as the page."""
    found = QueryDict(query, mutable=True)
    for name in NOT_PART_OF_IT:
        found.pop(name, None)
    return found.urlencode()


def save_filter(request: HttpRequest) -> HttpResponse:
    """Save what the form of a list sends, in place of the user's filter of the same name, and return to the list."""
    if request.method != "POST":
        return redirect("admin:index")
    table, query = request.POST.get("table", ""), clean_query(request.POST.get("query", ""))
    list_url = _list_url(request, table)
    name, user = " ".join(request.POST.get("name", "").split()), _user(request)
    if not name or len(name) > MOST_NAME_CHARS or "\0" in name + query:
        messages.error(request, _("Give the filter a name of at most 60 characters."))
    elif not query or len(query) > MOST_QUERY_CHARS:
        messages.error(request, _("There is no filter to save, or it is too long."))
    elif not _is_usable(request, table, query):
        messages.error(request, _("This filter cannot be applied, so it is not saved."))
        return redirect(list_url)
    elif SavedFilter.objects.filter(owner=user).exclude(table=table, name=name).count() >= MOST_PER_PERSON:
        messages.error(request, _("You have saved as many filters as you may. Delete some first."))
    else:
        _save(user, table, name, {"query": query, "is_shared": "is_shared" in request.POST})
        messages.success(request, _("The filter “%(name)s” is saved.") % {"name": name})
    return redirect(f"{list_url}?{query}")


def _is_usable(request: HttpRequest, table: str, query: str) -> bool:
    """Return whether the list of a table accepts a filter."""
    trial = copy(request)
    trial.GET = QueryDict(query)
    try:
        with transaction.atomic():
            _admin_of(request, table).get_changelist_instance(trial)
    except (IncorrectLookupParameters, DisallowedModelAdminLookup, ValidationError, DataError, ValueError):
        return False
    return True


@transaction.atomic
def _save(user: User, table: str, name: str, columns: dict[str, Any]) -> None:
    SavedFilter.objects.update_or_create(owner=user, table=table, name=name, defaults=columns)
    said: dict[str, Any] = {key: audit.Personal(value) if key == "query" else value for key, value in columns.items()}
    audit.record(user, "filter.saved", audit.Personal(name), table=table, **said)


def delete_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a filter of the user's own; a superuser also deletes those that others share."""
    if request.method != "POST":
        return redirect("admin:index")
    user = _user(request)
    rows = SavedFilter.objects.filter(pk=pk)
    saved = rows.filter(owner=user).first() or (rows.filter(is_shared=True).first() if user.is_superuser else None)
    if saved is None:
        raise Http404
    list_url = _list_url(request, saved.table)
    with transaction.atomic():
        name, query = audit.Personal(saved.name), audit.Personal(saved.query)
        audit.record(user, "filter.deleted", name, table=saved.table, query=query)
        saved.delete()
    messages.success(request, _("The filter “%(name)s” is deleted.") % {"name": saved.name})
    return redirect(f"{list_url}?{clean_query(request.POST.get('query', ''))}")


def _list_url(request: HttpRequest, table: str) -> str:
    """Return the address of a list that the user may see. Raises Http404."""
    options = _admin_of(request, table).opts
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


def _admin_of(request: HttpRequest, table: str) -> admin.ModelAdmin:
    """Return the admin of a table that the user may see. Raises Http404."""
    for model, model_admin in admin.site._registry.items():
        if model._meta.label_lower == table and model_admin.has_view_permission(request):
            return model_admin
    raise Http404


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (only logged-in users reach the admin)
    return request.user
