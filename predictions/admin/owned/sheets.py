"""Sheets, their pages and templates: how far they are and why they fail. Neither pictures nor values are shown."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from predictions.admin.owned.base import OwnedAdmin
from predictions.models import Sheet, SheetPage, SheetTemplate, Status
from predictions.services.sheets.progress import SheetState, find_state

STATES = {
    SheetState.READING: _("is being read"),
    SheetState.NEEDS_COLUMNS: _("waits for the names of its columns"),
    SheetState.READ: _("read"),
    SheetState.FAILED: _("failed"),
}
NO_FORM = ("form", "table")  # what people wrote into a template, and its lines


class SheetFilter(admin.SimpleListFilter):
    """Whether a sheet was read, and whether all of it could be."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("read", _("read")), ("unread", _("not read yet")), ("failed", _("with a page that failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sheet]) -> QuerySet[Sheet]:
        if self.value() == "failed":
            return queryset.filter(Exists(SheetPage.objects.filter(sheet=OuterRef("pk"), status=Status.FAILED)))
        return queryset.filter(settled_at__isnull=self.value() == "unread") if self.value() else queryset


@admin.register(Sheet)
class SheetAdmin(OwnedAdmin):
    """Sheets, without those that their owners deleted."""

    list_display: Any = ["__str__", "owner", "state", "pages", "template", "created_at", "settled_at"]
    fields = ["owner", "state", "pages", "template", "created_at", "settled_at"]
    readonly_fields = ["state", "pages"]
    list_filter = [SheetFilter]
    list_select_related = ["owner", "template"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sheet]:
        pages = Prefetch("pages", SheetPage.objects.only("sheet", "status"), to_attr="loaded_pages")
        rows = super().get_queryset(request).filter(deleted_at=None)
        return rows.prefetch_related(pages).defer(*(f"template__{name}" for name in NO_FORM))

    @admin.display(description=_("state"))
    def state(self, sheet: Any) -> str:
        return str(STATES[find_state(sheet, sheet.loaded_pages)])

    @admin.display(description=_("pages"))
    def pages(self, sheet: Any) -> int:
        return len(sheet.loaded_pages)


@admin.register(SheetPage)
class SheetPageAdmin(OwnedAdmin):
    """Pages of sheets, and why they failed."""

    list_display: Any = ["sheet", "number", "owner", "status", "error_code", "attempts", "created_at", "finished_at"]
    fields = list_display
    list_filter = ["status", "error_code"]
    list_select_related = ["owner", "sheet"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SheetPage]:
        return super().get_queryset(request).filter(sheet__deleted_at=None).defer("table", "quality")


@admin.register(SheetTemplate)
class SheetTemplateAdmin(OwnedAdmin):
    """Templates, without their columns."""

    list_display: Any = ["title", "version", "kind", "owner", "created_at", "archived_at"]
    fields = list_display
    list_filter = ["kind"]
    list_select_related = ["owner"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SheetTemplate]:
        return super().get_queryset(request).defer(*NO_FORM)
