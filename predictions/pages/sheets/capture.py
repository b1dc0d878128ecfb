"""Sending photographs: a new sheet, and more pages of one. A plain form; js/sheets/capture.js sends each file at once."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.post_only import NOT_DONE, post_only
from predictions.models.sheets import SheetTemplate
from predictions.pages.access import user_of
from predictions.pages.sheets.access import own_sheet
from predictions.services.errors import Refused
from predictions.services.sheets.taking import add_pages, create_sheet

TYPES = "image/jpeg,image/png,image/webp,application/pdf"
Sent = Sequence[UploadedFile]


@never_cache
def new_sheet(request: HttpRequest) -> HttpResponse:
    """Show the form, or make a sheet of the files that were sent and lead to it."""
    if request.method == "POST" or NOT_DONE in request.GET:
        return _create(request)
    return _show(request)


@login_required
def _show(request: HttpRequest) -> HttpResponse:
    templates = SheetTemplate.objects.filter(owner=user_of(request), archived_at=None)
    chosen = request.GET.get("template", "")
    context = {"types": TYPES, "template": templates.filter(pk=chosen).first() if _is_uuid(chosen) else None}
    return render(request, "sheets/new.html", context)


@post_only("new-sheet")
def _create(request: HttpRequest) -> HttpResponse:
    files = request.FILES.getlist("files")
    if not files:
        messages.error(request, _("Choose a photograph or a PDF first."))
        return redirect("new-sheet")
    try:
        made = create_sheet(user_of(request), files)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("new-sheet")
    return redirect("sheet", made.pk)


@post_only("sheet", "id_")
def add(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Add pages to a sheet."""
    found, files = own_sheet(request, id_), request.FILES.getlist("files")
    if not files:
        messages.error(request, _("Choose a photograph or a PDF first."))
        return redirect("sheet", found.pk)
    try:
        add_pages(found, files)
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("sheet", found.pk)


def _is_uuid(text: str) -> bool:
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False
