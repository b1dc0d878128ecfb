"""One version of a template: how it looks, what it has, its other versions, and the PDF to print."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ml.sheets.layout import lay_out
from predictions.models import TemplateKind
from predictions.models.sheets.codes import make_code
from predictions.pages.sheets.templates.access import own_printed, own_template
from predictions.services.sheets.pdf import describe_version, render_pdf
from predictions.services.sheets.preview import preview_template
from predictions.services.sheets.templates import list_versions
from predictions.services.sheets.wording.columns import describe_column, describe_kind, describe_sums


@never_cache
@require_safe
@login_required
def template(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show a version of a template."""
    row = own_template(request, id_)
    parsed, versions = row.template, list(list_versions(row))
    is_printed = row.kind == TemplateKind.PRINTED
    preview = preview_template(parsed, code=make_code(row, 1), version=describe_version(row)) if is_printed else None
    columns = [
        {
            "column": column,
            "kind": describe_kind(column),
            "expected": describe_column(column),
            "sums": describe_sums(parsed, place),
        }
        for place, column in enumerate(parsed.columns)
    ]
    context = {
        "row": row,
        "parsed": parsed,
        "columns": columns,
        "versions": versions,
        "is_newest": versions[0].pk == row.pk,
        "pages": len(lay_out(parsed)),
        "preview": preview,
    }
    return render(request, "sheets/templates/template.html", context)


@never_cache
@require_safe
@login_required
def pdf(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Return the PDF of a version."""
    row = own_printed(request, id_)
    name = slugify(row.title) or "template"
    disposition = f'inline; filename="{name}-{row.version}.pdf"'
    return HttpResponse(render_pdf(row), content_type="application/pdf", headers={"Content-Disposition": disposition})
