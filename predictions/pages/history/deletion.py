"""Delete a submission from the history, and restore it."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import audit
from accounts.post_only import post_only
from predictions.models import Submission
from predictions.pages.access import own_submissions, user_of
from predictions.services.selection.deletion import delete_rows


@post_only("history")
def delete(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Hide a submission; it can be restored for RESTORABLE_FOR and is erased later.

    One that is not found counts as already deleted, for example in another tab.
    """
    with transaction.atomic():
        if is_deleted := delete_rows(user_of(request), own_submissions(request).filter(id=id_)):
            audit.record(user_of(request), "submission.deleted", str(id_))
    if not is_deleted:
        messages.info(request, _("This drawing was already deleted."))
        return _redirect_to_history(request)
    return _redirect_to_history(request, deleted=str(id_))


@post_only("history")
def restore(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Restore a submission that was just deleted."""
    with transaction.atomic():
        if restored := Submission.objects.restorable_by(user_of(request)).filter(id=id_).update(deleted_at=None):
            audit.record(user_of(request), "submission.restored", str(id_))
    if restored or own_submissions(request).filter(id=id_).exists():
        messages.success(request, _("The drawing was restored."))
    else:
        messages.info(request, _("It is too late to restore this drawing."))
    return _redirect_to_history(request)


def _redirect_to_history(request: HttpRequest, **more: str) -> HttpResponse:
    """Redirect to the history with the filters that the form's URL carries."""
    query = urlencode(request.GET.dict() | more)
    return redirect(f"{reverse('history')}?{query}" if query else "history")
