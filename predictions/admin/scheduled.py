"""The table of scheduled tasks: view-only, as workers write it."""

from typing import Any

from django.contrib import admin

from predictions.admin.tables import SystemTableAdmin
from predictions.models import ScheduledRun


@admin.register(ScheduledRun)
class ScheduledRunAdmin(SystemTableAdmin):
    """Scheduled tasks and how their last runs went."""

    list_display: Any = ["__str__", "finished_at", "took_ms", "done", "total", "due_at", "error", "failed_at"]
    list_select_related = ["asked_by"]
    ordering = ["due_at"]
    exclude = ["name"]
