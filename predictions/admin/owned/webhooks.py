"""Webhooks and their deliveries. The path of an address may hold a secret, so that only its host is shown."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Func, Q, QuerySet, TextField, Value
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.base import actor, named
from accounts.models import User
from predictions.admin.owned.base import OwnedAdmin
from predictions.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from predictions.webhooks.endpoints import pause_endpoint, resume_endpoint

HOST = r"^\w+://([^/:?#]+)"
SECRETS = ("encrypted_secret", "encrypted_former")
STATES = {
    "on": (_("on"), Q(off_at=None)),
    "gone": (_("gone"), Q(off_at__isnull=False, paused_at=None)),
    "paused": (_("paused"), Q(paused_at__isnull=False)),
}


class StateFilter(admin.SimpleListFilter):
    """Whether something is sent to a webhook."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state, words) for state, (words, _rows) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
        return queryset.filter(STATES[self.value() or ""][1]) if self.value() in STATES else queryset


def _with_host(url: str, term: str, rows: QuerySet[Any]) -> Q:
    """Return the rows whose host contains a term: not their path, which a search would tell bit by bit."""
    host = Func(url, Value(HOST), function="substring", output_field=TextField())
    return Q(pk__in=rows.order_by().alias(host=host).filter(host__icontains=term).values("pk"))


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OwnedAdmin):
    """Webhooks, which those who may change them can pause."""

    list_display: Any = ["host", "owner", "state", "events_in_words", "added_at"]
    fields = ["host", "owner", "state", "events_in_words", "added_at", "silent_since", "paused_since"]
    list_filter = [StateFilter]
    list_select_related = ["owner"]
    actions: Any = ["pause", "resume"]
    added_at = named("created_at", _("added at"))
    silent_since = named("off_at", _("nothing is sent since"))
    paused_since = named("paused_at", _("paused since"))
    readonly_fields = ["host", "owner", "state", "events_in_words", "added_at", "silent_since", "paused_since"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return super().get_queryset(request).defer(*SECRETS)

    def find(self, rows: QuerySet[WebhookEndpoint], term: str) -> Q:
        return _with_host("url", term, rows)

    def has_pause_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictions.change_webhookendpoint")

    @admin.display(description=_("host"), ordering="url")
    def host(self, row: WebhookEndpoint) -> str:
        return row.host

    @admin.display(description=_("state"))
    def state(self, row: WebhookEndpoint) -> str:
        return str(STATES["paused" if row.paused_at else "gone" if row.off_at else "on"][0])

    @admin.display(description=_("events"))
    def events_in_words(self, row: WebhookEndpoint) -> str:
        return ", ".join(str(WebhookEvent(event).label) for event in row.events)

    @admin.action(description=_("Pause"), permissions=["pause"])
    def pause(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Send nothing there any more."""
        count = self._each(request, queryset.filter(paused_at=None), pause_endpoint)
        text = ngettext("%(count)d webhook was paused.", "%(count)d webhooks were paused.", count)
        messages.success(request, text % {"count": count})

    @admin.action(description=_("Let it go on"), permissions=["pause"])
    def resume(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """End pauses."""
        count = self._each(request, queryset.filter(paused_at__isnull=False), resume_endpoint)
        text = ngettext("%(count)d webhook goes on.", "%(count)d webhooks go on.", count)
        messages.success(request, text % {"count": count})

    def _each(
        self, request: HttpRequest, rows: QuerySet[WebhookEndpoint], act: Callable[[WebhookEndpoint, User], None]
    ) -> int:
        """Act on each as the person who is logged in, and return how many."""
        found = list(rows.select_related("owner"))
        for endpoint in found:
            act(endpoint, actor(request))
        return len(found)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OwnedAdmin):
    """What was told to webhooks, without its body."""

    owned_by = "endpoint__owner"
    told = named("event", _("event"))
    asked = named("tries", _("tries"))
    answered = named("last_status", _("last answer"))
    problem = named("trouble", _("problem"))
    list_display: Any = ["told", "host", "owner", "status", "asked", "answered", "problem", "created_at", "finished_at"]
    fields = list_display
    readonly_fields = ["told", "host", "owner", "asked", "answered", "problem"]
    list_filter = ["status", "event"]
    filtered_by = ["event"]
    list_select_related = ["endpoint__owner"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return super().get_queryset(request).defer("body", *(f"endpoint__{name}" for name in SECRETS))

    def find(self, rows: QuerySet[WebhookDelivery], term: str) -> Q:
        return _with_host("endpoint__url", term, rows)

    @admin.display(description=_("host"))
    def host(self, row: WebhookDelivery) -> str:
        return row.endpoint.host

    @admin.display(description=_("owner"))
    def owner(self, row: WebhookDelivery) -> str:
        return str(row.endpoint.owner)
