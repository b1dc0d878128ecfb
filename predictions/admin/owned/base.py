"""What these tables share: whose a row is, and finding rows by it."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import may_see_names
from predictions.admin.search import MOST_OWNERS
from predictions.admin.tables import SystemTableAdmin


class OwnedAdmin(SystemTableAdmin):
    """Rows that belong to a person, newest first. Whose they are is shown to those who may see users.

    owned_by: the lookup of the owner.
    """

    owned_by = "owner"
    ordering = ["-created_at"]
    search_fields = ["id"]  # shows the field; `get_search_results` searches
    show_facets = admin.ShowFacets.NEVER  # each counts all rows

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._without_names(request, self.list_display)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._without_names(request, self.fields or ())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Filter by owners whose name contains the term, and by whatever else `find` finds."""
        term = search_term.strip()
        if not term or "\0" in term:  # which no text in Postgres contains
            return (queryset.none() if term else queryset), False
        found = self.find(queryset, term)
        if may_see_names(request.user):
            owners = list(User.objects.filter(username__icontains=term).values_list("pk", flat=True)[:MOST_OWNERS])
            found |= Q(**{f"{self.owned_by}__in": owners})
        return queryset.filter(found), False

    def find(self, rows: QuerySet[Any], term: str) -> Q:
        """Return a filter by what else the table is searched for: nothing."""
        return Q(pk__in=[])

    def _without_names(self, request: HttpRequest, columns: Any) -> list[Any]:
        return [name for name in columns if name != "owner" or may_see_names(request.user)]
