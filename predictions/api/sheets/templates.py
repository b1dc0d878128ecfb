"""Templates: make one, list them, make a new version, archive one, take it out again, and get the PDF to print."""

import uuid

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.api import request_parsing
from predictions.api.parsers import JSONParser
from predictions.api.responses import PRIVATE
from predictions.api.schema import sheet_operations as operations
from predictions.api.sheets.bodies import template_body
from predictions.api.sheets.requests import get_template, read_form
from predictions.api.views import LimitedView, owner_of
from predictions.models import SheetTemplate, TemplateKind
from predictions.services.errors import Refused
from predictions.services.sheets.pdf import render_pdf
from predictions.services.sheets.templates import (
    archive_template,
    create_template,
    list_archived,
    list_templates,
    restore_template,
    revise_template,
)


class SheetTemplates(LimitedView):
    """`/api/v1/sheet-templates/`"""

    parser_classes = [JSONParser]

    @operations.LIST_TEMPLATES
    def get(self, request: Request) -> Response:
        """List the newest versions of the user's templates, or with `?archived=true` of those in the archive."""
        find = list_archived if request_parsing.query_flag(request, "archived") else list_templates
        found = [template_body(row) for row in find(owner_of(request))]
        return Response({"results": found}, headers={"Cache-Control": "no-store"})

    @operations.CREATE_TEMPLATE
    def post(self, request: Request) -> Response:
        """Make a template: 201."""
        return respond_created(create_template(owner_of(request), read_form(request.data).as_dict()))


class SheetTemplateDetail(LimitedView):
    """`/api/v1/sheet-templates/<id>/`"""

    @operations.GET_TEMPLATE
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return a version of a template."""
        return Response(template_body(get_template(request, id_)), headers={"Cache-Control": "no-store"})


class SheetTemplateArchive(LimitedView):
    """`/api/v1/sheet-templates/<id>/archive/`"""

    @operations.ARCHIVE_TEMPLATE
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Archive a template; pages of it that are printed can still be read."""
        archive_template(get_template(request, id_))
        return Response(status=204)

    @operations.RESTORE_TEMPLATE
    def delete(self, request: Request, id_: uuid.UUID) -> Response:
        """Take a template out of the archive."""
        restore_template(get_template(request, id_))
        return Response(status=204)


class SheetTemplateVersions(LimitedView):
    """`/api/v1/sheet-templates/<id>/versions/`"""

    parser_classes = [JSONParser]

    @operations.REVISE_TEMPLATE
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Make a new version: 201."""
        template = get_template(request, id_)
        return respond_created(revise_template(template, read_form(request.data).as_dict()))


class SheetTemplatePdf(LimitedView):
    """`/api/v1/sheet-templates/<id>/pdf/`"""

    @operations.GET_TEMPLATE_PDF
    def get(self, request: Request, id_: uuid.UUID) -> HttpResponse:
        """Return the PDF to print; 409 for an own table."""
        template = get_template(request, id_)
        if template.kind != TemplateKind.PRINTED:
            raise Refused("not_printable", "This is a table of your own form, so there is nothing to print.", 409)
        return HttpResponse(render_pdf(template), content_type="application/pdf", headers=PRIVATE)


def respond_created(template: SheetTemplate) -> Response:
    """Return a version of a template that was just made: 201."""
    template.refresh_from_db()
    body = template_body(template)
    return Response(body, status=201, headers={"Location": body["url"], "Cache-Control": "no-store"})
