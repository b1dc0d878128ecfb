"""Root URL configuration."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path

from accounts.admin.base import warn_about_lost_form
from accounts.factors import policy
from accounts.pages.security_txt import security_txt
from predictions.admin.sections import by_section
from predictions.admin.start_page import with_overview


def enter_admin(request: HttpRequest) -> HttpResponse:
    """Lead staff who are logged in on. Django's own page would check any name and password, without a limit."""
    return policy.lead_to_setup(request) if policy.is_missing(request.user) else redirect("admin:index")


admin.site.login = secure_admin_login(enter_admin)  # type: ignore[method-assign]  # others go to our log-in
admin.site.has_permission = warn_about_lost_form(admin.site.has_permission)  # type: ignore[assignment,method-assign]
admin.site.has_permission = policy.closed_without_factor(admin.site.has_permission)  # type: ignore[assignment,method-assign]
admin.site.get_app_list = by_section(admin.site.get_app_list)  # type: ignore[method-assign]
admin.site.index = with_overview(admin.site.index)  # type: ignore[method-assign]


def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to our icon, for pages without a link to one, such as the admin's."""
    return redirect(static("img/inkling.svg"))


def no_shortcut(request: HttpRequest, address: str) -> HttpResponse:
    """Turn off the admin's shortcuts to the pages of rows: they would tell staff the ids of all submissions."""
    raise Http404


def log_out_of_admin(request: HttpRequest) -> HttpResponse:
    """Lead from the admin's log-out to ours, which warns of drawings that only this browser has, and deletes them."""
    return redirect("account_logout")


def change_own_password(request: HttpRequest) -> HttpResponse:
    """Lead from the admin's form for one's own password to ours, which has limits, a mail and an audit entry."""
    return redirect("account_change_password")


urlpatterns = [
    path("", include("predictions.pages.urls")),
    path("", include("predictions.api.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/r/<path:address>", no_shortcut),
    path("admin/logout/", log_out_of_admin),
    path("admin/", include("predictions.admin.urls")),
    path("admin/password_change/", change_own_password),
    path("admin/password_change/done/", change_own_password),
    path("admin/", admin.site.urls),
    path("favicon.ico", favicon),
    path(".well-known/security.txt", security_txt, name="security-txt"),
]
handler400 = "predictions.pages.errors.bad_request"
handler403 = "predictions.pages.errors.forbidden"
handler404 = "predictions.pages.errors.not_found"
handler500 = "predictions.pages.errors.server_error"
