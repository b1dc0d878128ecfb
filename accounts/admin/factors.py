"""The second factors of a user in Django's admin: which there are, without secrets, and their removal by superusers."""

from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.admin.base import actor
from accounts.factors.removal import remove_all
from accounts.models import User

NAMES = {
    Authenticator.Type.TOTP: gettext_lazy("Authenticator app"),
    Authenticator.Type.WEBAUTHN: gettext_lazy("Passkey"),
    Authenticator.Type.RECOVERY_CODES: gettext_lazy("Recovery codes"),
}


@admin.display(description=gettext_lazy("second factors"))
def second_factors(self: Any, user: User) -> SafeString | str:
    """Return what a user has. A read-only field of the user's page."""
    kinds = Authenticator.objects.filter(user=user).order_by("pk").values_list("type", flat=True)
    if not kinds:
        return _("none")
    return format_html_join(", ", "{}", ((NAMES[Authenticator.Type(kind)],) for kind in kinds))


@admin.display(description=gettext_lazy("lost device"))
def factor_removal(self: Any, user: User) -> SafeString:
    """Return the link to the page that removes them. A read-only field, for superusers."""
    return format_html('<a href="{}">{}</a>', reverse("admin:remove-factors", args=[user.pk]), _("Remove all factors"))


def fields(request: HttpRequest, user: User) -> list[str]:
    """Return the fields of a user's page that this person may see."""
    return ["second_factors", *(["factor_removal"] if request.user.is_superuser and request.user != user else [])]


def urls(model_admin: ModelAdmin) -> list[URLPattern]:
    """Return the URL of the page that removes a user's factors."""
    view = model_admin.admin_site.admin_view(remove_factors)
    return [path("<int:pk>/remove-factors/", view, name="remove-factors")]


@require_http_methods(["GET", "POST"])
def remove_factors(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for confirmation on GET, remove all factors of somebody else on POST.

    Raises:
        PermissionDenied: for others than superusers, and for one's own, which need a code.
    """
    if not request.user.is_superuser or request.user.pk == pk:
        raise PermissionDenied
    raise_if_reauthentication_required(request, app="allauth.mfa")
    user = get_object_or_404(User, pk=pk)
    if request.method == "GET":
        title = _("Remove the second factors of %(user)s?") % {"user": user}
        context = {**admin.site.each_context(request), "title": title, "subject": user}
        return render(request, "admin/remove_factors.html", context)
    count = remove_all(user, by=actor(request))
    text = ngettext("%(count)d second factor was removed.", "%(count)d second factors were removed.", count)
    messages.success(request, text % {"count": count})
    return redirect("admin:accounts_user_change", pk)
