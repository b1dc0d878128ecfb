"""Training runs in the admin: start one, follow it, cancel it, and go on to the candidate."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from predictions.admin.tables import SystemTableAdmin
from predictions.admin.versions.promotion import MAY_PROMOTE
from predictions.models import TrainingRun
from predictions.services.candidates import retraining
from predictions.services.formatting import share

WIDE, HIGH = 240, 60  # of a curve, in SVG units
CURVES = {
    "loss": gettext_lazy("loss"),
    "reviewed": gettext_lazy("right, of reviewed digits held out"),
    "others": gettext_lazy("right, of other images held out"),
}
COUNTS = {
    "inputs": gettext_lazy("reviewed digits to train on"),
    "writers": gettext_lazy("people who wrote them"),
    "validation": gettext_lazy("reviewed digits held out for the curves"),
    "known": gettext_lazy("reviewed drawings kept to judge the candidate"),
}


@dataclass(frozen=True)
class Curve:
    """A line of values by epoch: `points` in SVG units, the values as people read them, and the ends of the scale."""

    title: str | Promise
    points: str
    values: list[str]
    low: str
    high: str


def curves_of(run: TrainingRun) -> list[Curve]:
    """Return the curves of a run, those that it has."""
    return [_curve(title, run.curves[name], name) for name, title in CURVES.items() if run.curves.get(name)]


def _curve(title: str | Promise, values: list[float], name: str) -> Curve:
    low, high = (0.0, max(values)) if name == "loss" else (min(0.9, *values), 1.0)
    step = WIDE / max(len(values) - 1, 1)
    points = " ".join(
        f"{place * step:.1f},{HIGH * (high - value) / ((high - low) or 1):.1f}" for place, value in enumerate(values)
    )
    show = share if name != "loss" else partial(number_format, decimal_pos=3)
    return Curve(title, points, [show(value) for value in values], show(low), show(high))


@admin.register(TrainingRun)
class TrainingRunAdmin(SystemTableAdmin):
    """Training runs; they are written by the trainer."""

    list_display = ["name", "status", "stage", "percent", "requested_by", "created_at", "finished_at", "trouble"]
    list_select_related = ["requested_by"]
    change_list_template = "admin/predictions/trainingrun/change_list.html"
    change_form_template = "admin/predictions/trainingrun/change_form.html"
    fields = ["start", "status", "stage", "percent", "trouble", "candidate_link", "requested_by"]
    fields += ["created_at", "started_at", "finished_at", "deadline_at", "attempts"]
    readonly_fields = ["percent", "candidate_link"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what a run would go on with, which has megabytes."""
        return super().get_queryset(request).defer("state", "start__card", "candidate__card")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("done"))
    def percent(self, run: TrainingRun) -> str:
        return f"{run.progress:.0%}"

    @admin.display(description=gettext_lazy("candidate"))
    def candidate_link(self, run: TrainingRun) -> SafeString | str:
        if run.candidate is None:
            return "-"
        url = reverse("admin:predictions_modelversion_compare", args=[run.candidate.pk])
        label = _("Compare %(name)s with the live model") % {"name": run.candidate.name}
        return format_html('<a href="{}">{}</a>', url, label)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that starts a run, and the address that cancels one."""
        begin, cancel = (self.admin_site.admin_view(view) for view in (self.begin, self.cancel))
        return [
            path("begin/", begin, name="predictions_trainingrun_begin"),
            path("<int:pk>/cancel/", cancel, name="predictions_trainingrun_cancel"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Offer a run to who may promote."""
        return super().changelist_view(request, {"may_train": request.user.has_perm(MAY_PROMOTE)})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show counts, curves and log, which reload until the run is finished."""
        run = self.get_object(request, object_id)
        found = {} if run is None else _details(run) | {"may_train": request.user.has_perm(MAY_PROMOTE)}
        return super().change_view(request, object_id, form_url, found)

    def begin(self, request: HttpRequest) -> HttpResponse:
        """Ask whether to start a run, and start it."""
        _require(request)
        if request.method == "POST":
            assert isinstance(request.user, User)  # noqa: S101 (only a logged-in user has the permission)
            try:
                run = retraining.start(request.user)
            except retraining.CannotRetrain as error:
                messages.error(request, str(error))
                return redirect("admin:predictions_trainingrun_changelist")
            return redirect("admin:predictions_trainingrun_change", run.pk)
        context = {"title": _("Retrain from reviews?"), "opts": self.opts, "new_count": retraining.count_new()}
        context |= self.admin_site.each_context(request)
        return render(request, "admin/predictions/trainingrun/begin.html", context)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel a run; a GET, as after a log-in, only leads back to it."""
        _require(request)
        run = get_object_or_404(TrainingRun.objects.defer("state"), pk=pk)
        if request.method == "POST":
            assert isinstance(request.user, User)  # noqa: S101 (only a logged-in user has the permission)
            if retraining.cancel(run, request.user):
                messages.success(request, _("The training run was canceled."))
            else:
                messages.info(request, _("The training run is finished already."))
        return redirect("admin:predictions_trainingrun_change", pk)


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_PROMOTE):
        raise PermissionDenied


def _details(run: TrainingRun) -> dict[str, Any]:
    return {
        "curves": curves_of(run),
        "counts": [(title, run.counts[name]) for name, title in COUNTS.items() if name in run.counts],
        "run": run,
        "is_stuck": retraining.is_stuck(run),
        "wide": WIDE,
        "high": HIGH,
    }
