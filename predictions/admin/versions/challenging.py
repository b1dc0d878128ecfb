"""Start and stop a challenger on a version's page in the admin, and see what it read."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from accounts.models import User
from predictions.admin.versions.promotion import MAY_PROMOTE
from predictions.models import ModelVersion
from predictions.services.candidates import challengers
from predictions.services.candidates.challengers import CannotChallenge

MAY_SEE_DRAWINGS = "predictions.view_submission"


class ChallengerMixin(admin.ModelAdmin):
    """Add to a version's page what it read in shadow, with a button that starts or stops that."""

    change_form_template = "admin/predictions/modelversion/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Add where the button sends."""
        view = self.admin_site.admin_view(self.change_challenger)
        return [
            path("<int:pk>/challenger/", view, name="predictions_modelversion_challenger"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a version, and what it read in shadow."""
        version = ModelVersion.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        context = _context(request, version) if version and self.has_view_permission(request, version) else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def change_challenger(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start or stop a challenger, as the button says that was pressed. A GET changes nothing."""
        if not request.user.has_perm(MAY_PROMOTE):
            raise PermissionDenied
        version = get_object_or_404(ModelVersion.objects.defer("card"), pk=pk)
        if request.method == "POST":
            assert isinstance(request.user, User)  # noqa: S101 (only a logged-in user has the permission)
            _change(request, version, request.user)
        return redirect("admin:predictions_modelversion_change", pk)


def _change(request: HttpRequest, version: ModelVersion, by: User) -> None:
    if "stop" in request.POST:
        if challengers.stop(version, by):
            messages.success(request, _("The model %(name)s no longer reads in shadow.") % vars(version))
        else:
            messages.info(request, _("The model %(name)s does not read in shadow.") % vars(version))
        return
    try:
        challengers.start(version, by, _share(request.POST.get("share", "")))
    except CannotChallenge as reason:
        messages.error(request, _why(str(reason)))
    else:
        messages.success(
            request, _("The model %(name)s reads in shadow from now on. Nobody sees what it reads.") % vars(version)
        )


def _share(sent: str) -> float:
    """Return the share that was chosen; the largest for anything else."""
    return next((share for share in challengers.SHARES if str(share) == sent), challengers.SHARES[0])


def _why(reason: str) -> str:
    return {
        "live": _("The live model cannot be its own challenger."),
        "unreadable": _("The workers of this version cannot use it."),
        "taken": _("Another version reads in shadow now. Stop that one first."),
    }[reason]


def _context(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    running, last = challengers.running(), challengers.last_of(version)
    found = challengers.results(version)
    may_see = request.user.has_perm(MAY_SEE_DRAWINGS)
    return {
        "version": version,
        "challenger": last,
        "is_challenging": running is not None and running.model_version_id == version.pk,
        "other_challenger": running if running and running.model_version_id != version.pk else None,
        "can_challenge": version.is_readable and not version.is_live,
        "may_challenge": request.user.has_perm(MAY_PROMOTE),
        "shares": challengers.SHARES,
        "shadow": found,
        "disagreements": list(challengers.disagreements(version)) if may_see and found.disagreed else [],
    }
