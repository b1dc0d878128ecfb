"""One page of a sheet: its picture, taking it again, removing it and moving it."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.post_only import post_only
from predictions.models.sheets import PageFile
from predictions.pages.access import PRIVATE
from predictions.pages.sheets.access import own_pages, own_sheet
from predictions.pages.sheets.capture import read_files
from predictions.pages.sheets.problems import NOT_TAKEN, problem_of
from predictions.services.sheets.ordering import move_page, retake_page
from predictions.services.sheets.taking import remove_page

STEPS = {"up": -1, "down": 1}


@require_safe
@login_required
def picture(request: HttpRequest, id_: uuid.UUID, page: uuid.UUID) -> HttpResponse:
    """Return the upright picture of a page; not found until a worker has made it. Never what was sent."""
    pages = own_pages(request, id_).filter(pk=page)
    data = PageFile.objects.filter(page__in=pages).values_list("picture", flat=True).first()
    if not data:
        raise Http404
    return HttpResponse(bytes(data), content_type="image/jpeg", headers=PRIVATE)


@post_only("sheet", "id_")
def retake(request: HttpRequest, id_: uuid.UUID, page: uuid.UUID) -> HttpResponse:
    """Replace a page by another photograph of it."""
    found = get_object_or_404(own_pages(request, id_), pk=page)
    try:
        retake_page(found, read_files(request))
    except NOT_TAKEN as error:
        messages.error(request, problem_of(error))
    return redirect("sheet", id_)


@post_only("sheet", "id_")
def remove(request: HttpRequest, id_: uuid.UUID, page: uuid.UUID) -> HttpResponse:
    """Remove a page; one that is not found counts as removed in another tab."""
    sheet = own_sheet(request, id_)
    found = own_pages(request, id_).filter(pk=page).first()
    if found is not None:
        remove_page(found)
    messages.success(request, _("The page was removed."))
    return redirect("sheet", sheet.pk)


@post_only("sheet", "id_")
def move(request: HttpRequest, id_: uuid.UUID, page: uuid.UUID) -> HttpResponse:
    """Move a page up or down."""
    found = get_object_or_404(own_pages(request, id_), pk=page)
    move_page(found, STEPS.get(request.POST.get("direction", ""), 0))
    return redirect("sheet", id_)
