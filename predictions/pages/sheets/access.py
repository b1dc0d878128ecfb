"""The sheets and pages of the logged-in user; another person's are missing."""

import uuid

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from predictions.models.sheets import Sheet, SheetPage
from predictions.pages.access import user_of
from predictions.services.sheets.overview import sheets_of


def own_sheet(request: HttpRequest, id_: uuid.UUID) -> Sheet:
    """Return a sheet of the user's own. Raises Http404."""
    return get_object_or_404(sheets_of(user_of(request)).select_related("template"), pk=id_)


def own_pages(request: HttpRequest, id_: uuid.UUID) -> QuerySet[SheetPage]:
    """Return the pages of a sheet of the user's own; none of another person's."""
    return SheetPage.objects.filter(sheet__in=sheets_of(user_of(request)).filter(pk=id_)).order_by("number")
