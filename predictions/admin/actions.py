"""Acts on many submissions of the list at once: read again, ask for reviews, export. Each is in the audit log."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import audit
from accounts.models import User
from accounts.roles import may_see_names
from predictions.admin.export import FORMATS, MOST_EXPORTED
from predictions.models import Submission
from predictions.services import jobs, review_requests
from predictions.services.errors import Refused

MOST_AT_ONCE = 500  # of read again and of reviews: so many jobs of one person may wait
REFUSALS = {
    "no_model": gettext_lazy("No model is live right now."),
    "too_many_in_flight": gettext_lazy("Too many of your new readings are waiting. Try again when some are done."),
    "queue_full": gettext_lazy("The queue is full. Try again later."),
}


class BulkActions(admin.ModelAdmin):
    """The actions of the list of submissions, each for those who have its permission."""

    actions = ["read_again", "request_reviews", "export_csv", "export_json"]

    def has_read_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictions.add_job")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictions.export_submission")

    @admin.action(description=gettext_lazy("Read again with the live model"), permissions=["read_again"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[Submission]) -> None:
        """Queue a job in the bulk lane for each drawing that the live model has not read yet."""
        rows = list(queryset[: MOST_AT_ONCE + 1])
        if self._is_too_many(request, len(rows), MOST_AT_ONCE):
            return
        try:
            queued = jobs.request_new_readings(rows, _user(request))
        except Refused as refusal:
            messages.error(request, REFUSALS.get(refusal.code, refusal.message))
            return
        text = ngettext(
            "%(count)s drawing will be read again, after those that people wait for.",
            "%(count)s drawings will be read again, after those that people wait for.",
            queued,
        )
        messages.success(request, text % {"count": queued})
        if left := len(rows) - queued:
            text = ngettext(
                "%(count)s was left out: unfinished, or read by the live model already.",
                "%(count)s were left out: unfinished, or read by the live model already.",
                left,
            )
            messages.info(request, text % {"count": left})

    @admin.action(description=gettext_lazy("Mark for review"), permissions=["change"])
    def request_reviews(self, request: HttpRequest, queryset: QuerySet[Submission]) -> None:
        """Put drawings into review mode, whatever their verdict."""
        keys = list(queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if self._is_too_many(request, len(keys), MOST_AT_ONCE):
            return
        marked = review_requests.request_reviews(keys, _user(request))
        text = ngettext(
            "%(count)s drawing comes next in review mode.", "%(count)s drawings come next in review mode.", marked
        )
        messages.success(request, text % {"count": marked})
        if left := len(keys) - marked:
            text = ngettext(
                "%(count)s was left out: not read, or reviewed already.",
                "%(count)s were left out: not read, or reviewed already.",
                left,
            )
            messages.info(request, text % {"count": left})

    @admin.action(description=gettext_lazy("Export as CSV"), permissions=["export"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Submission]) -> HttpResponseBase | None:
        return self._export(request, queryset, "csv")

    @admin.action(description=gettext_lazy("Export as JSON"), permissions=["export"])
    def export_json(self, request: HttpRequest, queryset: QuerySet[Submission]) -> HttpResponseBase | None:
        return self._export(request, queryset, "json")

    def _export(self, request: HttpRequest, queryset: QuerySet[Submission], kind: str) -> HttpResponseBase | None:
        keys = list(queryset.values_list("pk", flat=True)[: MOST_EXPORTED + 1])
        if self._is_too_many(request, len(keys), MOST_EXPORTED):
            return None
        narrowed = audit.Personal(request.GET.urlencode()[:500])
        audit.record(_user(request), "submissions.exported", count=len(keys), format=kind, filter=narrowed)
        return FORMATS[kind](keys, with_names=may_see_names(request.user))

    def _is_too_many(self, request: HttpRequest, count: int, most: int) -> bool:
        if count > most:
            text = _("At most %(most)s at once. Choose fewer, or filter the list further; nothing was done.")
            messages.error(request, text % {"most": number_format(most, force_grouping=True)})
        return count > most


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (only logged-in users reach the admin)
    return request.user
