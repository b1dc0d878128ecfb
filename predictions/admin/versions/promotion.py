"""Promote a model version or roll back in the admin, with a comparison and any objections."""

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
from predictions.admin.versions import model_comparison
from predictions.comparisons import Outcome
from predictions.models import ModelVersion

MAY_PROMOTE = "predictions.change_modelversion"


class PromotionMixin(admin.ModelAdmin):
    """Add comparison, promotion and rollback to the list of model versions."""

    change_list_template = "admin/predictions/modelversion/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page that compares a candidate with the live version."""
        view = self.admin_site.admin_view(self.compare)
        return [path("<int:pk>/compare/", view, name="predictions_modelversion_compare"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        """Annotate each version with the number of running workers that use it."""
        theirs = metrics.workers().filter(model_version=OuterRef("pk")).order_by().values("model_version")
        count = Subquery(theirs.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        return super().get_queryset(request).annotate(worker_count=Coalesce(count, 0))

    @admin.display(description=gettext_lazy("workers"))
    def readers(self, version: ModelVersion) -> int:
        return version.worker_count  # type: ignore[attr-defined]  # of get_queryset

    @admin.display(description=gettext_lazy("compared with live"))
    def compared(self, version: ModelVersion) -> SafeString | str:
        if version.is_live:
            return "-"
        url = reverse("admin:predictions_modelversion_compare", args=[version.pk])
        label = _("Compare %(name)s with the live model") % {"name": version.name}
        return format_html('<a href="{}" aria-label="{}">{}</a>', url, label, _("Compare"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show which workers refuse the live version, and offer a rollback."""
        back = registry.previous() if request.user.has_perm(MAY_PROMOTE) else None
        return super().changelist_view(request, {"refusing": list(metrics.refusing()), "previous": back})

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Compare a candidate with the live version; POST starts a comparison or promotes it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        candidate = get_object_or_404(ModelVersion, pk=pk)
        live = ModelVersion.objects.live().first()
        rival = registry.serving().version if live else None  # the live one, unless another stands in for it
        if candidate == live:
            return redirect("admin:predictions_modelversion_change", pk)
        if request.method == "POST":
            if not request.user.has_perm(MAY_PROMOTE):
                raise PermissionDenied
            return (
                self._promote(request, candidate, live, rival)
                if "promote" in request.POST
                else _request_comparison(candidate, rival)
            )
        context = self.admin_site.each_context(request) | self._context(request, candidate, live, rival)
        return render(request, "admin/predictions/modelversion/compare.html", context)

    def _promote(
        self, request: HttpRequest, candidate: ModelVersion, live: ModelVersion | None, rival: ModelVersion | None
    ) -> HttpResponse:
        """Promote the candidate unless there are objections or another version went live in the meantime."""
        assert isinstance(request.user, User)  # noqa: S101 (only a logged-in user has the permission)
        found = _find(candidate, rival)
        objections = comparisons.objections(candidate, rival, found)
        if request.POST["promote"] != (str(live.pk) if live else ""):
            objections = [_("Another version went live in the meantime. Check the comparison again.")]
        if not objections:
            try:
                registry.promote(candidate, request.user, instead_of=live, **_details(found))
            except registry.LiveChanged:
                objections = [_("Another version went live in the meantime. Check the comparison again.")]
        for objection in objections:
            messages.error(request, objection)
        if objections:
            return redirect("admin:predictions_modelversion_compare", candidate.pk)
        messages.success(
            request, _("The model %(name)s is now live. Each worker uses it from its next batch.") % vars(candidate)
        )
        return redirect("admin:predictions_modelversion_changelist")

    def _context(
        self, request: HttpRequest, candidate: ModelVersion, live: ModelVersion | None, rival: ModelVersion | None
    ) -> dict[str, Any]:
        found = _find(candidate, rival)
        is_usable = not comparisons.why_unusable(candidate)
        is_back = candidate == registry.previous()
        title = _("Roll back to %(name)s?") if is_back else _("Promote %(name)s?")
        return {
            "title": title % {"name": candidate.name},
            "opts": self.opts,
            "candidate": candidate,
            "live": live,
            "rival": rival,
            "found": found,
            "is_usable": is_usable,
            "is_comparable": is_usable and rival not in (None, candidate),
            "is_waiting": is_usable and rival is not None and comparisons.is_waiting(candidate, rival),
            "has_workers": metrics.workers().exists(),
            "objections": comparisons.objections(candidate, rival, found),
            "is_back": is_back,
            "may_promote": request.user.has_perm(MAY_PROMOTE),
            "checks": model_comparison.check_rows(found) if found else [],
            "digit_rows": model_comparison.digit_rows(found) if found else [],
            "card_rows": model_comparison.compare_cards(rival, candidate) if rival else [],
            "made": model_comparison.made(rival, candidate) if rival else [],
        }


def _find(candidate: ModelVersion, rival: ModelVersion | None) -> Outcome | None:
    return comparisons.find(candidate, rival) if rival and rival != candidate else None


def _details(found: Outcome | None) -> dict[str, Any]:
    """Return what the audit log keeps of a comparison."""
    details: dict[str, Any] = {"figures": comparisons.as_figures(found.tallies) if found else {}}
    if found and found.measures:
        details["measures"] = found.measures.as_dict()
    return details


def _request_comparison(candidate: ModelVersion, rival: ModelVersion | None) -> HttpResponse:
    if rival and rival != candidate:
        comparisons.request(candidate, rival)
    return redirect("admin:predictions_modelversion_compare", candidate.pk)
