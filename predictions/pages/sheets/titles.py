"""What a sheet is called: the field when it is sent, and changing it later."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from accounts.post_only import post_only
from ml.sheets.template import MAX_TITLE_CHARS
from predictions.pages.sheets.access import own_sheet
from predictions.pages.sheets.templates.fields import check_visible
from predictions.services.sheets.taking import rename_sheet


class SheetTitleForm(forms.Form):
    """The title of a sheet; without one it is called as its template is."""

    title = forms.CharField(
        label=gettext_lazy("Name of the sheet (optional)"),
        max_length=MAX_TITLE_CHARS,
        required=False,
        validators=[check_visible],
        widget=forms.TextInput({"autocomplete": "off"}),
    )


@post_only("sheet", "id_")
def rename(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Give a sheet another title, or take its own away."""
    found = own_sheet(request, id_)
    form = SheetTitleForm(request.POST)
    if form.is_valid():
        rename_sheet(found, form.cleaned_data["title"])
    else:
        tell_errors(request, form)
    return redirect("sheet", found.pk)


def tell_errors(request: HttpRequest, form: SheetTitleForm) -> None:
    """Say on the next page what is wrong with a title."""
    for error in form.errors["title"]:
        messages.error(request, str(error))
