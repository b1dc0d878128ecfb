"""The start page: the drawing page of a user, or the landing page, on which people try it without an account."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from predictions.pages.access import user_of
from predictions.pages.landing import landing


@require_safe
def draw(request: HttpRequest) -> HttpResponse:
    """Show a canvas to draw on; while guests are turned off, lead people without an account to the log-in."""
    if request.user.is_authenticated:
        if batches := request.GET.get("batch"):  # this page showed their results, which a reload finds in the history
            return redirect(f"{reverse('history')}?{urlencode({'batch': batches})}")
        return render(request, "predictions/draw.html", {"reads_live": user_of(request).reads_live})
    return landing(request) if settings.GUESTS else redirect_to_login(request.get_full_path())
