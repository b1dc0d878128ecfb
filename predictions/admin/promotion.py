"""Promote a model version and roll back, in the office: two cards side by side, and what speaks against it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from predictions import comparisons, metrics, registry
from predictions.admin import model_comparison
from predictions.models import ModelVersion

MAY_PROMOTE = "predictions.change_modelversion"


class Promotes(admin.ModelAdmin):
    """What the list of model versions can do besides showing them."""

    change_list_template = "admin/predictions/modelversion/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a candidate beside the live version."""
        view = self.admin_site.admin_view(self.compare)
        return [path("<int:pk>/compare/", view, name="predictions_modelversion_compare"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        """Count along which living workers read with each version."""
        theirs = metrics.workers().filter(model_version=OuterRef("pk")).order_by().values("model_version")
        count = Subquery(theirs.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        return super().get_queryset(request).annotate(worker_count=Coalesce(count, 0))

    @admin.display(description=gettext_lazy("workers"))
    def readers(self, version: ModelVersion) -> int:
        return version.worker_count  # type: ignore[attr-defined]  # of get_queryset

    @admin.display(description=gettext_lazy("beside the live one"))
    def beside(self, version: ModelVersion) -> SafeString | str:
        if version.is_live:
            return "-"
        url = reverse("admin:predictions_modelversion_compare", args=[version.pk])
        label = _("Compare %(name)s with the live model") % {"name": version.name}
        return format_html('<a href="{}" aria-label="{}">{}</a>', url, label, _("Compare"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Say which workers refuse the live version, and offer the way back."""
        back = registry.previous() if request.user.has_perm(MAY_PROMOTE) else None
        return super().changelist_view(request, {"refusing": list(metrics.refusing()), "previous": back})

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a candidate beside the live version; have a worker compare them, or promote it, if that was pressed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        candidate = get_object_or_404(ModelVersion, pk=pk)
        live = ModelVersion.objects.live().first()
        if candidate == live:
            return redirect("admin:predictions_modelversion_change", pk)
        if request.method == "POST":
            if not request.user.has_perm(MAY_PROMOTE):
                raise PermissionDenied
            return self._promote(request, candidate, live) if "promote" in request.POST else _ask(candidate, live)
        context = self.admin_site.each_context(request) | self._shown(request, candidate, live)
        return render(request, "admin/predictions/modelversion/compare.html", context)

    def _promote(self, request: HttpRequest, candidate: ModelVersion, live: ModelVersion | None) -> HttpResponse:
        """Promote what was asked for, if it is still the live version that was shown and nothing speaks against it."""
        assert isinstance(request.user, User)  # noqa: S101 (who may promote is one; this tells the types)
        found = comparisons.find(candidate, live) if live else None
        against = comparisons.objections(candidate, live, found)
        if request.POST["promote"] != (str(live.pk) if live else ""):
            against = [_("Another version went live meanwhile. Look again.")]
        if not against:
            figures = comparisons.as_figures(found.tallies) if found else {}
            try:
                registry.promote(candidate, request.user, instead_of=live, figures=figures)
            except registry.LiveChanged:
                against = [_("Another version went live meanwhile. Look again.")]
        for objection in against:
            messages.error(request, objection)
        if against:
            return redirect("admin:predictions_modelversion_compare", candidate.pk)
        messages.success(
            request, _("The live model is now %(name)s. Each worker uses it from its next batch.") % vars(candidate)
        )
        return redirect("admin:predictions_modelversion_changelist")

    def _shown(self, request: HttpRequest, candidate: ModelVersion, live: ModelVersion | None) -> dict[str, Any]:
        found = comparisons.find(candidate, live) if live else None
        is_usable = not comparisons.why_unusable(candidate)
        is_back = candidate == registry.previous()
        title = _("Roll back to %(name)s?") if is_back else _("Promote %(name)s?")
        return {
            "title": title % {"name": candidate.name},
            "opts": self.opts,
            "candidate": candidate,
            "live": live,
            "found": found,
            "is_usable": is_usable,
            "is_waiting": is_usable and live is not None and comparisons.is_waiting(candidate, live),
            "has_workers": metrics.workers().exists(),
            "against": comparisons.objections(candidate, live, found),
            "is_back": is_back,
            "may_promote": request.user.has_perm(MAY_PROMOTE),
            "ours": model_comparison.of_drawings(found) if found else [],
            "theirs": model_comparison.of_cards(live, candidate) if live else [],
            "made": model_comparison.made(live, candidate) if live else [],
        }


def _ask(candidate: ModelVersion, live: ModelVersion | None) -> HttpResponse:
    if live:
        comparisons.request(candidate, live)
    return redirect("admin:predictions_modelversion_compare", candidate.pk)
