"""Try a page of ours: one click makes a sheet of it, or shows it as it was read to people without an account."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.post_only import post_only
from predictions.pages.access import user_of
from predictions.pages.errors import refusal_message
from predictions.pages.sheets.check_context import check_context
from predictions.services.errors import Refused
from predictions.services.sheets.checking.thresholds import DEFAULT_THRESHOLD
from predictions.services.sheets.demo import open_demo
from predictions.services.sheets.demo.ready import PICTURES, load_picture, load_ready


@require_http_methods(["GET", "HEAD", "POST"])
def demo(request: HttpRequest) -> HttpResponseBase:
    """Lead a user to their sheet of our page; show guests how it was read. What guests say of it is not stored."""
    if request.user.is_authenticated:
        return _try_demo(request)
    if not settings.GUESTS:
        return redirect_to_login(reverse("sheets"))
    if request.method == "POST":  # a browser without scripts: on to the next cell
        return redirect(f"{reverse('sheet-demo')}?{urlencode({'after': request.POST.get('cell', '')[:20]})}")
    table = load_ready()
    context = check_context(table, DEFAULT_THRESHOLD, request.GET)
    urls = {"check_url": reverse("sheet-demo"), "picture_url": reverse("sheet-demo-picture", args=["picture"])}
    return render(request, "sheets/demo.html", context | urls | {"cells": table.progress.cells})


@post_only("sheets")
def _try_demo(request: HttpRequest) -> HttpResponse:
    """Lead to the person's sheet of our page, which is made if they have none."""
    try:
        return redirect("sheet", id_=open_demo(user_of(request)).pk)
    except Refused as refusal:
        messages.error(request, refusal_message(refusal))
        return redirect("sheets")


@require_safe
@cache_control(public=True, max_age=86_400)
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """Return our page as it was photographed, or upright; to everybody."""
    if name not in PICTURES:
        raise Http404
    return HttpResponse(load_picture(name), content_type="image/jpeg")
