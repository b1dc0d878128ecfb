"""Filters and search of the audit log, each answered by an index: the log grows for ever."""

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit.actions import ACTIONS
from accounts.audit.names import find_people, find_texts
from accounts.models import AuditEvent

DAYS = ("from", "to")  # parameters of the list's address
PERIODS = ((0, _("today")), (6, _("last 7 days")), (29, _("last 30 days")))


class ActionFilter(admin.SimpleListFilter):
    """The action, in words; the choices are known, so they need no query."""

    title = _("action")
    parameter_name = "action"
    template = "admin/accounts/auditevent/action_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ACTIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(action=self.value()) if self.value() else queryset

    def options(self) -> list[tuple[str, Any]]:
        """Return the choices by their words, for a select: as links they would push the list off a phone."""
        return sorted(self.lookup_choices, key=lambda choice: str(choice[1]))

    def other_parameters(self) -> list[tuple[str, str]]:
        return _others(self.request, (self.parameter_name,))


class PeriodFilter(admin.ListFilter):
    """The days from `from` to `to`, both included, in UTC."""

    title = _("time")
    template = "admin/accounts/auditevent/period_filter.html"

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in DAYS:
            if (value := params.pop(name, [""])[-1]).strip():
                self.used_parameters[name] = value

    def expected_parameters(self) -> list[str | None]:
        return [*DAYS]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Filter by the days. Raises IncorrectLookupParameters for what is no day."""
        first, last = (self._read(name) for name in DAYS)
        if first:
            queryset = queryset.filter(at__gte=f"{first}T00:00:00+00:00")
        if last:
            queryset = queryset.filter(at__lt=f"{last + timedelta(days=1)}T00:00:00+00:00")
        return queryset

    def _read(self, name: str) -> date | None:
        try:
            return date.fromisoformat(str(self.used_parameters[name])) if name in self.used_parameters else None
        except ValueError as error:
            raise IncorrectLookupParameters from error

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """Yield all times, then periods up to today, as links."""
        today, names = timezone.now().date(), list(DAYS)
        everything = changelist.get_query_string(remove=names)
        yield {"display": _("Any time"), "query_string": everything, "selected": not self.used_parameters}
        for days, words in PERIODS:
            first = str(today - timedelta(days=days))
            query = changelist.get_query_string({"from": first}, remove=names)
            yield {"display": words, "query_string": query, "selected": self.used_parameters == {"from": first}}

    def other_parameters(self) -> list[tuple[str, str]]:
        """Return what else narrows the list, for the form that asks for other days."""
        return _others(self.request, DAYS)


def _others(request: HttpRequest, own: Sequence[str]) -> list[tuple[str, str]]:
    leave_out = {*own, "p", "e"}
    return [(name, str(value)) for name, value in request.GET.items() if name not in leave_out]


def search(rows: QuerySet[AuditEvent], term: str) -> QuerySet[AuditEvent]:
    """Return the rows from an address or a network, or those whose person or target begins with the term.

    Names are not in the log, so people are looked up first: two queries, and one condition by an index for each.
    """
    term = term.strip()
    if not term or "\0" in term:  # which no text in Postgres contains
        return rows.none() if term else rows
    try:
        network = ipaddress.ip_network(term, strict=False)
    except ValueError:
        lowered = term.lower()
        people = find_people(lowered)
        as_target = [f"user:{number}" for number in people]
        found = Q(actor__in=people) | Q(lowered_target__in=as_target) | Q(pk__in=find_texts(lowered))
        by_text = Q(person__startswith=lowered) | Q(lowered_target__startswith=lowered)
        return rows.alias(person=Lower("actor_name"), lowered_target=Lower("target")).filter(found | by_text)
    return rows.filter(address__gte=str(network[0]), address__lte=str(network[-1]))


def older_than(rows: QuerySet[AuditEvent], event: AuditEvent) -> QuerySet[AuditEvent]:
    """Return the rows after `event` in a list of the newest first."""
    return rows.filter(at__lte=event.at).filter(Q(at__lt=event.at) | Q(pk__lt=event.pk))
