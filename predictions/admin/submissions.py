"""The review desk, in Django's office: every submission, and its true digits recorded in place."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_value
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import CappedPaginator, DeletesInNumbers
from ml.types import Verdict
from predictions.admin.review_queue import DatedQuerySet, DeskForm, DeskFormSet, DeskList
from predictions.models import Review, Role, Submission
from predictions.models.submissions import MOST_URGENT_FIRST
from predictions.services.formatting import sure
from predictions.services.labels import VERDICTS
from predictions.services.readings import thumbnail_of
from predictions.services.review import ReviewConflict, review_submission

NOTHING = "-"


class ToReview(admin.SimpleListFilter):
    """Which drawings a reviewer should look at first."""

    title = _("to review")
    parameter_name = "review"
    template = "admin/to_review.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("disputed", _("its owner says otherwise")), ("doubtful", _("unsure, nobody at the desk looked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        rank = {"disputed": 0, "doubtful": 1}.get(self.value() or "")  # the desk's index has them by that
        return queryset if rank is None else queryset.alias(rank=MOST_URGENT_FIRST).filter(rank=rank)


class VerdictIs(admin.SimpleListFilter):
    """What the reader made of it, in words; the words are known, so no query asks for them."""

    title = _("verdict")
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(verdict.value, word) for verdict, word in VERDICTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        return queryset.filter(verdict=self.value()) if self.value() else queryset


@admin.register(Submission)
class SubmissionAdmin(DeletesInNumbers):
    """Every submission, the most urgent first; its status is `lifecycle`'s alone, its label a review's."""

    form = DeskForm
    list_display = ["picture", "reading", "label", "said", "sure", "finding", "owner", "status", "created_at"]
    list_display_links = ["picture"]
    list_editable = ["label"]
    list_filter = [ToReview, "status", VerdictIs, "source", "label_by"]
    list_select_related = ["owner"]
    list_per_page = 50
    paginator = CappedPaginator
    view_on_site = False  # the page of an item is its owner's alone
    search_fields = ["=id", "owner__username", "=text"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    ordering = [MOST_URGENT_FIRST, "-key"]
    readonly_fields = [
        "large_picture",
        "said",
        "reading",
        "sure",
        "finding",
        "owner",
        "status",
        "error_code",
        "id",
        "source",
        "attempts",
        "created_at",
        "finished_at",
        "reviews",
    ]
    fields = ["large_picture", "reading", "label", "said", "reviews", *readonly_fields[3:-1]]

    class Media:
        js = [Script("js/desk.js", type="module")]

    def get_urls(self) -> list[URLPattern]:
        """Add the pictures, for those who may see submissions."""
        picture = path("<int:key>/thumbnail.png", self.admin_site.admin_view(self.thumbnail), name="submission_picture")
        return [picture, *super().get_urls()]

    def thumbnail(self, request: HttpRequest, key: int) -> HttpResponse:
        """Return a drawing's small picture."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        data = thumbnail_of(get_object_or_404(Submission.objects.only("key"), key=key))
        if not data:
            raise Http404
        return HttpResponse(data, content_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    @admin.display(description=_("drawing"))
    def picture(self, row: Submission, side_px: int = 72) -> SafeString | str:
        if not row.has_thumbnail:
            return str(_("no picture"))
        url = reverse("admin:submission_picture", args=[row.key])
        alt = _("drawing, read as %s") % row.text if row.text else _("drawing")
        return format_html('<img src="{}" width="{}" height="{}" alt="{}" loading="lazy">', url, side_px, side_px, alt)

    @admin.display(description=_("drawing"))
    def large_picture(self, row: Submission) -> SafeString | str:
        return self.picture(row, side_px=240)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Leave out what is going away: what its owner deleted, and what a newer reading replaced."""
        rows = DatedQuerySet(Submission).filter(deleted_at=None, superseded_at=None)
        return rows.order_by(*self.get_ordering(request))

    @admin.display(description=_("said so far"), ordering="label")
    def said(self, row: Submission) -> str:
        if row.label is None:
            return NOTHING
        return f"{row.label or _('no digit')} ({row.get_label_by_display()})"

    @admin.display(description=_("reviews"))
    def reviews(self, row: Submission) -> SafeString | str:
        """Everything that was said of it, newest first. One query, on the page of one submission only."""
        said = Review.objects.filter(submission=row).select_related("reviewer").order_by("-pk")
        lines = (
            (
                review.text or _("no digit"),
                review.reviewer or "-",
                review.get_role_display(),
                display_for_value(review.created_at, NOTHING),
            )
            for review in said
        )
        return format_html_join(mark_safe("<br>"), "{} · {} ({}) · {}", lines) or NOTHING

    @admin.display(description=_("reading"), ordering="text")
    def reading(self, row: Submission) -> str:
        return row.text or NOTHING

    @admin.display(description=_("sure"), ordering="confidence")
    def sure(self, row: Submission) -> str:
        return sure(row.confidence)

    @admin.display(description=_("verdict"), ordering="verdict")
    def finding(self, row: Submission) -> SafeString | str:
        if not row.verdict:
            return NOTHING
        return format_html('<span class="verdict {}">{}</span>', row.verdict, VERDICTS[Verdict(row.verdict)])

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeskList]:
        return DeskList

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, formset=DeskFormSet, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": _("Drawings to review")})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        return super().change_view(request, object_id, form_url, {"title": _("What is it really?")})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return self._for(request, super().get_form(request, obj, change=change, **kwargs))

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return self._for(request, DeskForm)

    def _for(self, request: HttpRequest, form: type[forms.ModelForm]) -> type[forms.ModelForm]:
        return type("DeskForm", (form,), {"reviewer": request.user})

    def save_model(self, request: HttpRequest, obj: Submission, form: Any, change: bool) -> None:
        """Record what was said as a desk review; nothing else of the row is written here.

        Of two reviewers in the same moment the second is told; who comes a little later, by the form itself.
        """
        if (text := form.cleaned_data["label"]) is None:
            return
        try:
            review_submission(form.as_it_was, form.reviewer, text, Role.REVIEWER, is_first=True)
        except ReviewConflict as error:
            self.message_user(request, f"{obj}: {error}", messages.WARNING)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
