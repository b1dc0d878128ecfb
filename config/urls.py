"""The map of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # log-in limits hold there too

urlpatterns = [
    path("", include("predictions.web.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "predictions.web.errors.bad_request"
handler403 = "predictions.web.errors.forbidden"
handler404 = "predictions.web.errors.not_found"
handler500 = "predictions.web.errors.server_error"
