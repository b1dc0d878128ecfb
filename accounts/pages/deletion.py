"""Delete one's own account."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import deletion
from accounts.deletion.forms import DeletionForm
from accounts.pages import user_of
from accounts.roles import leaves_no_superuser

CLEARED = '"cache", "cookies", "storage"'  # pages, log-ins, and drawings that were not sent yet


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays on GET, delete the account on POST; only shortly after the password was entered."""
    raise_if_reauthentication_required(request, app="allauth.account")
    user = user_of(request)
    form = DeletionForm(request.POST or None, user=user)
    context = {"form": form, "is_last": leaves_no_superuser([user]), "backup_days": settings.BACKUPS_KEPT_DAYS}
    if request.method != "POST" or context["is_last"] or not form.is_valid():
        return render(request, "accounts/delete.html", context)
    try:
        deletion.delete(user, by=user)
    except deletion.LastSuperuser:  # the other one went at this moment
        return render(request, "accounts/delete.html", context | {"is_last": True})
    logout(request)
    answer = render(request, "accounts/deleted.html", {"backup_days": settings.BACKUPS_KEPT_DAYS})
    answer["Clear-Site-Data"] = CLEARED
    answer.delete_cookie(settings.DEVICE_COOKIE_NAME)
    return answer
