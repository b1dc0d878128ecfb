"""The templates of the logged-in user; another person's are missing."""

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from predictions.models import SheetTemplate, TemplateKind
from predictions.pages.access import user_of


def own_template(request: HttpRequest, id_: uuid.UUID) -> SheetTemplate:
    """Return a template of the user's own, archived ones too. Raises Http404."""
    return get_object_or_404(SheetTemplate.objects.filter(owner=user_of(request)), pk=id_)


def own_printed(request: HttpRequest, id_: uuid.UUID) -> SheetTemplate:
    """Return a template of the user's own that we print. Raises Http404."""
    mine = SheetTemplate.objects.filter(owner=user_of(request), kind=TemplateKind.PRINTED)
    return get_object_or_404(mine, pk=id_)
