"""Many drawings of the history at once: which ones a form selects, deleting them, and restoring them."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.cursors import InvalidCursor, make_cursor, read_cursor
from accounts.post_only import post_only
from predictions.models import Submission
from predictions.pages.access import own_submissions, user_of
from predictions.pages.history.filters import HistoryFilter
from predictions.services.errors import error_body
from predictions.services.selection import deletion
from predictions.services.selection.chosen import (
    MOST_COUNTED,
    MOST_ROWS,
    Selection,
    count_up_to,
    newest_key,
    select_all,
    select_ids,
)

CURSORS = "history"
PLACE = ("before", "deleted")  # parameters of the address that are no filters


class InvalidSelection(ValueError):
    """Nothing is selected, not by this page's form, or by filters that are not valid. The message is for people."""


def read_selection(request: HttpRequest) -> Selection:
    """Return what a form of the history selects: `id`s, or with `all` what matches the address up to `newest`.

    Raises InvalidSelection.
    """
    rows = own_submissions(request).current()
    if request.POST.get("all"):
        newest = _read_newest(request, request.POST.get("newest", ""))
        filters = HistoryFilter(request.GET)
        if not filters.is_valid():
            raise InvalidSelection(_("A filter is not valid, so no drawings match it. Change it or clear the filters."))
        return select_all(filters.apply(rows), newest, request.GET.urlencode())
    ids = [id_ for id_ in map(_as_uuid, request.POST.getlist("id")) if id_]
    if not ids:
        raise InvalidSelection(_("Select some drawings first."))
    return select_ids(rows, ids)


def selection_again(request: HttpRequest, kept: dict[str, Any]) -> Selection:
    """Return the selection that `Selection.as_dict` described."""
    rows = own_submissions(request).current()
    if kept["ids"]:
        return select_ids(rows, [uuid.UUID(id_) for id_ in kept["ids"]])
    filters = HistoryFilter(QueryDict(kept["query"]))
    return select_all(filters.apply(rows), kept["newest"], kept["query"])


def describe_selection(request: HttpRequest, page: list[Submission]) -> dict[str, Any] | None:
    """Return what the form of a page of the history needs, or None on an empty one.

    No query for the newest page, which shows the newest drawing that can be selected; one for others.
    """
    if not page:
        return None
    is_newest = "before" not in request.GET
    newest = page[0].key if is_newest else newest_key(own_submissions(request).current())
    try:
        export_url = reverse("exports")
    except NoReverseMatch:
        export_url = ""
    return {"newest": make_cursor(user_of(request), newest or 0, CURSORS), "export_url": export_url}


@require_safe
@never_cache
@login_required
def count(request: HttpRequest) -> HttpResponse:
    """Count what matches the filters up to the drawing `newest`, as JSON; a count above `most` is only `most` + 1."""
    try:
        newest = _read_newest(request, request.GET.get("newest", ""))
    except InvalidSelection:
        return JsonResponse(error_body("invalid", "`newest` is not a cursor of this page."), status=400)
    filters = HistoryFilter(request.GET)
    if not filters.is_valid():
        return JsonResponse(error_body("invalid", "A filter is not valid."), status=400)
    rows = filters.apply(own_submissions(request).current())
    return JsonResponse({"count": count_up_to(select_all(rows, newest).rows), "most": MOST_COUNTED})


@post_only("history")
def delete_selected(request: HttpRequest) -> HttpResponse:
    """Hide what is selected; all of it can be restored for a while."""
    try:
        done = deletion.delete_selected(user_of(request), read_selection(request))
    except InvalidSelection as error:
        messages.error(request, str(error))
        return to_history(request)
    if done is None:
        messages.info(request, _("These drawings were already deleted."))
        return to_history(request)
    if done.count == MOST_ROWS:
        text = _("At most %(count)s drawings are deleted at once, the newest ones. Delete the others in the same way.")
        messages.info(request, text % {"count": number_format(MOST_ROWS, force_grouping=True)})
    return to_history(request, deleted=str(done.pk))


@post_only("history")
def restore_selected(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Restore what was deleted together."""
    count = deletion.restore(user_of(request), id_)
    if count is None:
        messages.info(request, _("It is too late to restore these drawings."))
    else:
        text = ngettext("%(count)s drawing was restored.", "%(count)s drawings were restored.", count)
        messages.success(request, text % {"count": number_format(count, force_grouping=True)})
    return to_history(request)


def find_restorable_deletion(request: HttpRequest, id_: uuid.UUID) -> dict[str, Any] | None:
    """Return what the message about a deletion of many needs, or None if it cannot be undone. One query."""
    found = deletion.find_restorable(user_of(request), id_)
    if found is None:
        return None
    count, left = found
    return {
        "url": reverse("restore-selected", args=[id_]),
        "count": count,
        "seconds": max(1, int(left.total_seconds())),
    }


def to_history(request: HttpRequest, **more: str) -> HttpResponse:
    """Redirect to the newest page of the history with the filters that the form's address carries."""
    parameters = request.GET.copy()
    for name in PLACE:
        parameters.pop(name, None)
    query = "&".join(part for part in (parameters.urlencode(), urlencode(more)) if part)
    return redirect(f"{reverse('history')}?{query}" if query else "history")


def _read_newest(request: HttpRequest, cursor: str) -> int:
    try:
        return read_cursor(user_of(request), cursor, CURSORS)
    except InvalidCursor:
        raise InvalidSelection(_("This page is out of date. Load it again, then select the drawings.")) from None


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
