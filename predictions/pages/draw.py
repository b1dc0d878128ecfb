"""The drawing page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from predictions.pages.access import user_of


@require_safe
@login_required
def draw(request: HttpRequest) -> HttpResponse:
    """Show a canvas to draw on."""
    return render(request, "predictions/draw.html", {"reads_live": user_of(request).reads_live})
