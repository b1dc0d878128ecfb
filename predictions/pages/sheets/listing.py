"""The list of a user's sheets, newest first, and deleting one."""

import datetime as dt
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.post_only import post_only
from predictions.models.sheets import Sheet
from predictions.pages.access import user_of
from predictions.pages.sheets.sheet import title_of
from predictions.services.sheets.overview import list_sheets, sheets_of
from predictions.services.sheets.taking import delete_sheet

PAGE_SIZE = 20


@require_safe
@login_required
@never_cache
def sheets(request: HttpRequest) -> HttpResponse:
    """List the user's sheets; `?before=ID` those older than that one, `?delete=ID` asks whether to delete one."""
    owner = user_of(request)
    mine = sheets_of(owner)
    older_than = _named(request, mine, "before")
    found = list_sheets(owner, PAGE_SIZE + 1, _sent_at(older_than))
    shown = found[:PAGE_SIZE]
    has_more = len(found) > PAGE_SIZE
    to_delete = _named(request, mine.select_related("template"), "delete")
    context = {
        "sheets": shown,
        "next_url": f"{reverse('sheets')}?before={shown[-1][0].pk}" if has_more else None,
        "to_delete": to_delete,
        "delete_title": to_delete and title_of(to_delete),
    }
    return render(request, "sheets/list.html", context)


@post_only("sheets")
def delete(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Delete a sheet with its pages, cells and readings; one that is not found counts as deleted in another tab."""
    found = sheets_of(user_of(request)).filter(pk=id_).first()
    if found is None:
        messages.info(request, _("This sheet was already deleted."))
    else:
        delete_sheet(found)
        messages.success(request, _("The sheet was deleted."))
    return redirect("sheets")


def _named(request: HttpRequest, rows: QuerySet[Sheet], name: str) -> Sheet | None:
    """Return the sheet that the address names, or None."""
    try:
        return rows.filter(pk=uuid.UUID(request.GET.get(name, ""))).first()
    except ValueError:
        return None


def _sent_at(sheet: Sheet | None) -> dt.datetime | None:
    return sheet.created_at if sheet else None
