"""The tables of the admin's start page in sections that are named for what people do, not for apps."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

SECTIONS = {
    "review": (_("Review"), ("Submission", "Review", "Prediction", "Drawing")),
    "sheets": (_("Sheets"), ("Sheet", "SheetPage", "SheetTemplate", "WebhookEndpoint", "WebhookDelivery")),
    "models": (_("Models"), ("ModelVersion", "TrainingRun", "ModelArtifact")),
    "people": (_("People"), ("User", "Invitation", "Group", "ApiToken", "AuditEvent")),
    "system": (_("System"), ("Job", "WorkerSeen", "ScheduledRun", "IdempotencyKey", "Email")),
}
REST = "system"

AppList = list[dict[str, Any]]


def by_section(get_app_list: Callable[..., AppList]) -> Callable[..., AppList]:
    """Wrap the admin's list of apps: all of them become sections; a single app is listed as it is."""

    def get_sections(request: HttpRequest, app_label: str | None = None) -> AppList:
        apps = get_app_list(request, app_label)
        return apps if app_label else _sections([model for app in apps for model in app["models"]])

    return get_sections


def _sections(models: list[dict[str, Any]]) -> AppList:
    """Return the sections that have tables; tables that no section names are in REST."""
    section_of = {name: key for key, (_title, names) in SECTIONS.items() for name in names}
    found: AppList = []
    for key, (title, names) in SECTIONS.items():
        own = [model for model in models if section_of.get(model["object_name"], REST) == key]
        own.sort(key=lambda model: names.index(model["object_name"]) if model["object_name"] in names else len(names))
        if own:
            found.append({"name": title, "app_label": key, "app_url": "", "has_module_perms": True, "models": own})
    return found
