"""The list of a person's templates."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from predictions.pages.access import user_of
from predictions.pages.sheets.templates.presets import PRESETS
from predictions.services.sheets.templates import list_archived, list_templates


@never_cache
@require_safe
@login_required
def templates(request: HttpRequest) -> HttpResponse:
    """Show the newest versions of the user's templates, and what a new one can start from. Two queries."""
    user, is_archive = user_of(request), "archived" in request.GET
    context = {
        "templates": list_archived(user) if is_archive else list_templates(user),
        "is_archive": is_archive,
        "has_archived": is_archive or list_archived(user).exists(),
        "presets": PRESETS,
    }
    return render(request, "sheets/templates/list.html", context)
