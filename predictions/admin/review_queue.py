"""The review queue in Django's admin: submissions, with their correct digits entered in the list."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_value
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.admin.base import CappedPaginator, CountedDeletionAdmin, actor
from accounts.roles import may_see_names
from ml.types import Verdict
from predictions.admin.actions import BulkActions
from predictions.admin.review_form import DateRangeQuerySet, ReviewForm, ReviewFormSet, ReviewQueueList
from predictions.admin.search import SearchMixin
from predictions.models import Review, Role, Status, Submission
from predictions.models.submissions.conditions import DISPUTED, MOST_URGENT_FIRST
from predictions.services.formatting import sure
from predictions.services.labels import VERDICTS
from predictions.services.readings import thumbnail_of
from predictions.services.review import ReviewConflict, review_submission
from predictions.services.statistics.sample import RIGHT, with_truth

NOTHING = "-"


class UrgencyFilter(admin.SimpleListFilter):
    """The drawings to review first."""

    title = _("to review")
    parameter_name = "review"
    template = "admin/urgency_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("disputed", _("disputed by the owner")), ("doubtful", _("unsure, not reviewed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if self.value() == "disputed":
            return queryset.filter(DISPUTED)
        # The index of the review queue sorts by the rank.
        return queryset.alias(rank=MOST_URGENT_FIRST).filter(rank=1) if self.value() == "doubtful" else queryset


class VerdictFilter(admin.SimpleListFilter):
    """The reader's verdict; the choices are fixed, so they need no query."""

    title = _("verdict")
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(verdict.value, word) for verdict, word in VERDICTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        return queryset.filter(verdict=self.value()) if self.value() else queryset


class SampleFilter(admin.SimpleListFilter):
    """The random sample, and what reviewers say of it: the rows behind the page of accuracy."""

    title = _("random sample")
    parameter_name = "sample"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("all", _("all of it")),
            ("missing", _("not reviewed")),
            ("reviewed", _("reviewed")),
            ("wrong", _("read wrong")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Submission]:
        if not self.value():
            return queryset
        rows: QuerySet[Any] = with_truth(queryset.filter(review_sample=True, status=Status.SUCCEEDED))
        if self.value() == "missing":
            return rows.filter(Q(truth=None))
        rows = rows if self.value() == "all" else rows.filter(Q(truth__isnull=False))
        return rows.exclude(RIGHT) if self.value() == "wrong" else rows


@admin.register(Submission)
class SubmissionAdmin(SearchMixin, BulkActions, CountedDeletionAdmin):
    """Submissions, most urgent first. Only `lifecycle` changes a status, only a review a label.

    Whose a drawing is and who reviewed it is shown to those who may see users: a review needs neither.
    """

    form = ReviewForm
    list_display = ["picture", "reading", "label", "current_label", "sure", "finding", "owner", "status", "created_at"]
    list_display_links = ["picture"]
    list_editable = ["label"]
    filtered_by = ["owner", "batch", "lane", "verdict", "text", "confidence", "review_sample"]  # owner: by its key
    list_filter = [UrgencyFilter, SampleFilter, "status", VerdictFilter, "source", "label_by"]
    list_select_related = ["owner"]
    list_per_page = 50
    paginator = CappedPaginator
    view_on_site = False  # only its owner may see an item's page
    search_fields = ["id"]  # shows the field; `SearchMixin` searches
    date_hierarchy = "created_at"
    show_full_result_count = False
    readonly_fields = [
        "large_picture",
        "current_label",
        "reading",
        "sure",
        "finding",
        "owner",
        "status",
        "error_code",
        "id",
        "reference",
        "same_batch",
        "batch",
        "source",
        "attempts",
        "created_at",
        "finished_at",
        "reviews",
        "unnamed_reviews",
    ]
    fields = [
        *("large_picture", "reading", "label", "current_label", "reviews"),
        *(name for name in readonly_fields[3:-2] if name != "batch"),
    ]
    unnamed = {"reviews": "unnamed_reviews", "same_batch": "batch"}  # the link to a batch has the number of its owner

    class Media:
        js = [Script("js/review-queue.js", type="module")]

    def get_list_display(self, request: HttpRequest) -> Any:
        return [name for name in self.list_display if name != "owner" or may_see_names(request.user)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [str(name) for name in self.fields]
        if may_see_names(request.user):
            return fields
        return [self.unnamed.get(name, name) for name in fields if name != "owner"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse filters by owner to those who may not see names: trying numbers would tell whose a drawing is."""
        is_by_owner = lookup.partition("__")[0] in ("owner", "owner_id")
        return (may_see_names(request.user) or not is_by_owner) and super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list[URLPattern]:
        """Add the thumbnails, for users who may view submissions."""
        picture = path("<int:key>/thumbnail.png", self.admin_site.admin_view(self.thumbnail), name="submission_picture")
        return [picture, *super().get_urls()]

    def thumbnail(self, request: HttpRequest, key: int) -> HttpResponse:
        """Return a drawing's thumbnail as PNG."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        data = thumbnail_of(get_object_or_404(self.get_queryset(request).only("key"), key=key))
        if not data:
            raise Http404
        return HttpResponse(data, content_type="image/png", headers={"Cache-Control": "private, no-store"})

    @admin.display(description=_("drawing"))
    def picture(self, row: Submission, side_px: int = 72) -> SafeString | str:
        if not row.has_thumbnail:
            return str(_("no image"))
        url = reverse("admin:submission_picture", args=[row.key])
        alt = _("drawing, read as %s") % row.shown_text if row.text else _("drawing")
        return format_html('<img src="{}" width="{}" height="{}" alt="{}" loading="lazy">', url, side_px, side_px, alt)

    @admin.display(description=_("drawing"))
    def large_picture(self, row: Submission) -> SafeString | str:
        return self.picture(row, side_px=240)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Leave out deleted and superseded submissions, and those of guests, whose deletion is ahead."""
        rows = DateRangeQuerySet(Submission).filter(deleted_at=None, superseded_at=None)
        return rows.order_by(*self.get_ordering(request))

    @admin.display(description=_("current label"), ordering="label")
    def current_label(self, row: Submission) -> str:
        if row.label is None:
            return NOTHING
        return f"{row.label or _('no digit')} ({row.get_label_by_display()})"

    @admin.display(description=_("request"))
    def reference(self, row: Submission) -> str:
        """Return the id of the request as the logs have it."""
        return row.request_id.hex if row.request_id else NOTHING

    @admin.display(description=_("reviews"))
    def reviews(self, row: Submission) -> SafeString | str:
        """List the reviews of a submission that count or counted, newest first. One query."""
        return self._reviews(row, with_names=True)

    @admin.display(description=_("reviews"))
    def unnamed_reviews(self, row: Submission) -> SafeString | str:
        """List them without the names of reviewers."""
        return self._reviews(row, with_names=False)

    def _reviews(self, row: Submission, *, with_names: bool) -> SafeString | str:
        rows = Review.objects.filter(submission=row, withdrawn_at=None).select_related("reviewer").order_by("-pk")
        lines = (
            (
                review.text or _("no digit"),
                (review.reviewer if with_names else None) or "-",
                review.get_role_display(),
                display_for_value(review.created_at, NOTHING),
            )
            for review in rows
        )
        return format_html_join(mark_safe("<br>"), "{} · {} ({}) · {}", lines) or NOTHING  # nosec B308

    @admin.display(description=_("batch"))
    def same_batch(self, row: Submission) -> SafeString | str:
        """Link to all drawings that were sent in the same batch."""
        if row.batch is None:
            return NOTHING
        url = reverse("admin:predictions_submission_changelist")
        return format_html('<a href="{}?batch={}&owner={}">{}</a>', url, row.batch, row.owner_id or "", row.batch)

    @admin.display(description=_("reading"), ordering="text")
    def reading(self, row: Submission) -> str:
        return row.shown_text or NOTHING

    @admin.display(description=_("confidence"), ordering="confidence")
    def sure(self, row: Submission) -> str:
        return sure(row.confidence)

    @admin.display(description=_("verdict"), ordering="verdict")
    def finding(self, row: Submission) -> SafeString | str:
        if not row.verdict:
            return NOTHING
        return format_html('<span class="verdict {}">{}</span>', row.verdict, VERDICTS[Verdict(row.verdict)])

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ReviewQueueList]:
        return ReviewQueueList

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, formset=ReviewFormSet, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": _("Drawings to review")})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        return super().change_view(request, object_id, form_url, {"title": _("Review a drawing")})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return self._for(request, super().get_form(request, obj, change=change, **kwargs))

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return self._for(request, ReviewForm)

    def _for(self, request: HttpRequest, form: type[forms.ModelForm]) -> type[forms.ModelForm]:
        return type("ReviewForm", (form,), {"reviewer": request.user})

    def save_model(self, request: HttpRequest, obj: Submission, form: Any, change: bool) -> None:
        """Record the label as a review by a reviewer; nothing else of the row is saved.

        If two reviewers save at the same moment, the second gets a warning.
        """
        if (text := form.cleaned_data["label"]) is None:
            return
        try:
            review_submission(form.original, form.reviewer, text, Role.REVIEWER, is_first=True)
        except ReviewConflict as error:
            self.message_user(request, f"{obj}: {error}", messages.WARNING)

    def log_change(self, request: HttpRequest, obj: Submission, message: Any) -> Any:
        """Write nothing: the review is the record, and Django's log would keep the reading of a deleted drawing."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Record deletions in the audit log, which has no readings, instead of in Django's."""
        for row in queryset:
            audit.record(actor(request), "submission.deleted", str(row.id), about=row.owner)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
