"""The audit log in Django's admin: found by person, action, target, time and address, and exported."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
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
from accounts.csv_lines import csv_lines
from accounts.models import AuditEvent

IS_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHUNK = 1_000
COLUMNS = ("at", "actor", "action", "target", "address", "device", "details")


@admin.register(AuditEvent)
class AuditEventAdmin(ViewOnlyAdmin):
    """The audit log is append-only."""

    list_display = ["at", "actor_name", "what", "found", "origin", "device"]
    fields = ["at", "actor", "actor_name", "what", "action", "found", "about", "origin", "device", "details"]
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        return search(queryset, search_term), False

    @admin.display(description=_("action"))
    def what(self, event: AuditEvent) -> str:
        return in_words(event.action)

    @admin.display(description=_("target"))
    def found(self, event: AuditEvent) -> SafeString | str:
        """Return the target; an id leads to the drawing, if there is one."""
        if not IS_UUID.fullmatch(event.target):
            return event.target or "-"
        url = reverse("admin:predictions_submission_changelist")
        return format_html('<a href="{}?q={}">{}</a>', url, event.target, event.target)

    @admin.display(description=_("address"))
    def origin(self, event: AuditEvent) -> str:
        return event.where or "-"

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
        audit.record(actor(request), "audit.exported", filter=request.GET.urlencode()[:500])
        lines = csv_lines(COLUMNS, map(_cells, _chunks(rows, first)))
        headers = {"Content-Disposition": 'attachment; filename="audit-log.csv"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _chunks(rows: QuerySet[AuditEvent], chunk: list[AuditEvent]) -> Iterator[AuditEvent]:
    """Yield all rows, newest first, of which `chunk` are the first. One query for CHUNK of them."""
    while chunk:
        yield from chunk
        chunk = list(older_than(rows, chunk[-1])[:CHUNK])


def _cells(event: AuditEvent) -> list[Any]:
    details = json.dumps(event.details, ensure_ascii=False) if event.details else ""
    return [event.at, event.actor_name, event.action, event.target, event.where, event.device, details]
