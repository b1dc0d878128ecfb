"""Search the list of submissions, and order it, without reading every row of a long table where that is avoidable."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import may_see_names
from predictions.models import Role, Status, Submission
from predictions.models.submissions.conditions import MOST_URGENT_FIRST, SAYABLE

MOST_OWNERS = 1_000
NOT_READ = (Status.FAILED, Status.CANCELED, Status.QUEUED, Status.RUNNING)


class SearchMixin(admin.ModelAdmin):
    """Search by id, by owner, or by what was read: whatever the term can be. By owner if their names may be seen."""

    show_facets = admin.ShowFacets.NEVER  # each counts all rows
    sortable_by = ["created_at"]  # the columns by which an index sorts

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Submission], search_term: str
    ) -> tuple[QuerySet[Submission], bool]:
        """Filter by an id, or by owners whose name contains the term and by readings that are the term."""
        term = search_term.strip()
        if not term or "\0" in term:  # which no text in Postgres contains
            return (queryset.none() if term else queryset), False
        if (id_ := _as_id(term)) is not None:  # the index of ids begins with their owner
            return queryset.filter(owner__in=User.objects.values("pk"), id=id_), False
        owners = []
        if may_see_names(request.user):
            owners = list(User.objects.filter(username__icontains=term).values_list("pk", flat=True)[:MOST_OWNERS])
        found = Q(owner__in=owners) if owners else Q(pk__in=[])
        if SAYABLE.issuperset(term):
            found |= Q(text=term) | Q(written=term)
        return queryset.filter(found), False

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Return the most urgent first; newest first where all is alike, or where the random sample is looked at."""
        filters = request.GET
        is_alike = filters.get("status__exact") in NOT_READ or filters.get("label_by__exact") == Role.REVIEWER
        is_alike = is_alike or filters.get("review") == "disputed"
        is_newest_first = is_alike or "error_code__exact" in filters or "sample" in filters
        return ["-key"] if is_newest_first else [MOST_URGENT_FIRST, "-key"]


def _as_id(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None
