"""The pages of a sheet: remove one, and get its picture."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.api.responses import PRIVATE
from predictions.api.schema import sheet_operations as operations
from predictions.api.sheets import requests
from predictions.api.views import LimitedView
from predictions.models import PageFile, SheetPage
from predictions.services.errors import Refused
from predictions.services.sheets.taking import remove_page


class SheetPageDetail(LimitedView):
    """`/api/v1/sheets/<id>/pages/<page>/`"""

    @operations.REMOVE_PAGE
    def delete(self, request: Request, id_: uuid.UUID, page: uuid.UUID) -> Response:
        """Remove a page with its cells."""
        remove_page(_get_page(request, id_, page))
        return Response(status=204)


class SheetPagePicture(LimitedView):
    """`/api/v1/sheets/<id>/pages/<page>/picture/`"""

    @operations.GET_PAGE_PICTURE
    def get(self, request: Request, id_: uuid.UUID, page: uuid.UUID) -> HttpResponse:
        """Return the upright picture of a page; 409 until there is one."""
        found = _get_page(request, id_, page)
        picture = PageFile.objects.filter(page=found).values_list("picture", flat=True).first()
        if not picture:
            raise Refused("no_picture", "There is no picture: this page has not been read yet, or could not be.", 409)
        return HttpResponse(bytes(picture), content_type="image/jpeg", headers=PRIVATE)


def _get_page(request: Request, id_: uuid.UUID, page: uuid.UUID) -> SheetPage:
    sheet = requests.get_sheet(request, id_)
    return get_object_or_404(SheetPage.objects.select_related("sheet").defer("table"), pk=page, sheet=sheet)
