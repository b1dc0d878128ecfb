"""The audit log in Django's admin: found by person, action, target, time and address, and exported."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.admin.audit_filters import ActionFilter, PeriodFilter, older_than, search
from accounts.admin.base import CappedPaginator, ViewOnlyAdmin, actor
from accounts.audit.actions import in_words
from accounts.audit.names import NamedEvent, name_events
from accounts.csv_lines import csv_lines
from accounts.models import AuditEvent

IS_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHUNK = 1_000
COLUMNS = ("at", "actor", "action", "target", "address", "device", "details")


class NamedList(ChangeList):
    """A page of the list, whose events have the names of people: `named`. Two queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = _named(list(self.result_list))


def _named(events: list[AuditEvent]) -> list[AuditEvent]:
    for named in name_events(events):
        named.event.named = named  # type: ignore[attr-defined]  # read by the columns below
    return events


def _of(event: AuditEvent) -> NamedEvent:
    return event.named  # type: ignore[attr-defined]


@admin.register(AuditEvent)
class AuditEventAdmin(ViewOnlyAdmin):
    """The audit log is append-only."""

    list_display = ["at", "who", "what", "found", "origin", "device"]
    fields = ["at", "who", "what", "action", "found", "about", "origin", "device", "said"]
    list_filter = [PeriodFilter, ActionFilter]
    search_fields = ["target"]  # shows the field; `get_search_results` searches
    ordering = ["-at", "-pk"]
    sortable_by = ["at"]  # the column by which an index sorts
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each counts all rows

    def get_urls(self) -> list[URLPattern]:
        """Add the export, for those who may view the log."""
        export = path("export/", self.admin_site.admin_view(self.export), name="export_audit_log")
        return [export, *super().get_urls()]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the dates of filters that were saved when the list had Django's date hierarchy."""
        return lookup.startswith("at__") or super().lookup_allowed(lookup, value, request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AuditEvent | None:
        event = super().get_object(request, object_id, from_field)
        return _named([event])[0] if event else None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        return search(queryset, search_term), False

    @admin.display(description=_("actor"))
    def who(self, event: AuditEvent) -> str:
        return _of(event).actor or "-"

    @admin.display(description=_("details"))
    def said(self, event: AuditEvent) -> str:
        return json.dumps(_of(event).details, ensure_ascii=False)

    @admin.display(description=_("action"))
    def what(self, event: AuditEvent) -> str:
        return in_words(event.action)

    @admin.display(description=_("target"))
    def found(self, event: AuditEvent) -> SafeString | str:
        """Return the target; an id leads to the drawing, if there is one."""
        if not IS_UUID.fullmatch(event.target):
            return _of(event).target or "-"
        url = reverse("admin:predictions_submission_changelist")
        return format_html('<a href="{}?q={}">{}</a>', url, event.target, event.target)

    @admin.display(description=_("address"))
    def origin(self, event: AuditEvent) -> str:
        return _of(event).address or "-"

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Send the rows that the list shows with the same filters, all pages of them, as CSV; and record that."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        list_url = reverse("admin:accounts_auditevent_changelist")
        if request.method != "POST":
            return redirect(list_url)
        try:
            rows = self.get_changelist_instance(request).get_queryset(request).order_by(*self.ordering)
            first = list(rows[:CHUNK])
        except (IncorrectLookupParameters, DataError, OverflowError, ValueError):  # as in the list
            return redirect(f"{list_url}?{ERROR_FLAG}=1")
        audit.record(actor(request), "audit.exported", filter=audit.Personal(request.GET.urlencode()[:500]))
        lines = csv_lines(COLUMNS, map(_cells, _chunks(rows, first)))
        headers = {"Content-Disposition": 'attachment; filename="audit-log.csv"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _chunks(rows: QuerySet[AuditEvent], chunk: list[AuditEvent]) -> Iterator[NamedEvent]:
    """Yield all rows, newest first, of which `chunk` are the first. Three queries for CHUNK of them."""
    while chunk:
        yield from name_events(chunk)
        chunk = list(older_than(rows, chunk[-1])[:CHUNK])


def _cells(named: NamedEvent) -> list[Any]:
    event = named.event
    details = json.dumps(named.details, ensure_ascii=False) if named.details else ""
    return [event.at, named.actor, event.action, named.target, named.address, event.device, details]
