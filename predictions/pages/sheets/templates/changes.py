"""Archive a template, and take that back."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.post_only import post_only
from predictions.pages.sheets.templates.access import own_template
from predictions.services.sheets.templates import archive_template, restore_template


@post_only("sheet-template", "id_")
def archive(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Hide a template from the list; its printed pages can still be read."""
    archive_template(own_template(request, id_))
    messages.success(request, _("The template was archived. Pages of it that are printed can still be read."))
    return redirect("sheet-template", id_=id_)


@post_only("sheet-template", "id_")
def restore(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show an archived template in the list again."""
    restore_template(own_template(request, id_))
    messages.success(request, _("The template is back in your list."))
    return redirect("sheet-template", id_=id_)
