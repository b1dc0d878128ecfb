"""Sending photographs: a new sheet, and more pages of one. A plain form; js/sheets/capture.js sends file by file."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import User
from accounts.post_only import post_only, with_form
from predictions.models.sheets import SheetTemplate
from predictions.pages.access import user_of
from predictions.pages.sheets.access import own_sheet
from predictions.pages.sheets.problems import NOT_TAKEN, problem_of
from predictions.pages.sheets.titles import SheetTitleForm, tell_errors
from predictions.services.sheets.taking import add_pages, create_sheet

TYPES = "image/jpeg,image/png,image/webp,application/pdf"


@post_only("new-sheet")
def _create(request: HttpRequest) -> HttpResponse:
    owner = user_of(request)
    template = _chosen_template(owner, request.POST.get("template", ""))
    form = SheetTitleForm(request.POST)
    if not form.is_valid():
        tell_errors(request, form)
        return redirect("new-sheet")
    try:
        made = create_sheet(owner, read_files(request), template, form.cleaned_data["title"])
    except NOT_TAKEN as error:
        messages.error(request, problem_of(error))
        return redirect("new-sheet")
    return redirect("sheet", made.pk)


@with_form(_create)
def new_sheet(request: HttpRequest) -> HttpResponse:
    """Show the form, or make a sheet of the files that were sent and lead to it."""
    template = _chosen_template(user_of(request), request.GET.get("template", ""))
    return render(request, "sheets/new.html", {"types": TYPES, "template": template, "form": SheetTitleForm()})


@post_only("sheet", "id_")
def add(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Add pages to a sheet."""
    found = own_sheet(request, id_)
    try:
        add_pages(found, read_files(request))
    except NOT_TAKEN as error:
        messages.error(request, problem_of(error))
    return redirect("sheet", found.pk)


def read_files(request: HttpRequest) -> list[bytes]:
    """Return the files that a form sent; a browser sends a field without one as an empty file."""
    return [data for file in request.FILES.getlist("files") if (data := file.read()) or file.name]


def _chosen_template(owner: User, id_: str) -> SheetTemplate | None:
    """Return the person's template with this id, or None: then the code on the page tells."""
    try:
        return SheetTemplate.objects.filter(owner=owner, archived_at=None, pk=uuid.UUID(id_)).first()
    except ValueError:
        return None
