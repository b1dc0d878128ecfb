"""The review desk, in Django's office: every submission, and its true digits recorded in place."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models import Review, Role, Status, Submission
from predictions.web.history import thumbnail_of
from predictions.web.review import TEXT_LIMIT, NotAReview, check_review, review_submission

NO_DIGIT = "-"  # what a reviewer types for a drawing that is no digit


class DeskForm(forms.ModelForm):
    """One submission whose true digits can be said; anything else of it is `lifecycle`'s."""

    label = forms.CharField(
        label=_("It really is"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.TextInput(
            attrs={"size": 4, "inputmode": "numeric", "autocomplete": "off", "aria-label": _("It really is")}
        ),
        help_text=_('The digits, 0 to 9, or "-" if it is no digit.'),
    )
    reviewer: User  # set by the admin

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["label"] = ""  # only what is typed counts: never what somebody else said meanwhile

    class Meta:
        model = Submission
        fields = ["label"]

    def clean_label(self) -> str | None:
        """Give what is to be recorded, "" for no digit, None for nothing; refuse what cannot be."""
        text = self.cleaned_data["label"].strip()
        if not text:
            return None
        text = "" if text == NO_DIGIT else text
        try:
            return check_review(self.instance, self.reviewer, text, Role.DESK)
        except NotAReview as error:
            raise ValidationError(str(error)) from error


class ToReview(admin.SimpleListFilter):
    """Which drawings a reviewer should look at first."""

    title = _("to review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("doubtful", _("unsure, nobody at the desk looked")), ("disputed", _("its owner says otherwise"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if self.value() == "doubtful":
            return queryset.filter(status=Status.SUCCEEDED).exclude(verdict="digit").exclude(label_by=Role.DESK)
        if self.value() == "disputed":
            return queryset.filter(pk__in=Submission.objects.corrected(), label_by=Role.OWNER)
        return queryset


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin):
    """Every submission; its status is `lifecycle`'s alone, its label a review's."""

    form = DeskForm
    list_display = ["picture", "reading", "said", "label", "sure", "verdict", "owner", "status", "created_at"]
    list_display_links = ["picture", "reading"]
    list_editable = ["label"]
    list_filter = [ToReview, "status", "verdict", "source", "label_by"]
    list_select_related = ["owner"]
    list_per_page = 50
    view_on_site = False  # the page of an item is its owner's alone
    search_fields = ["=id", "owner__username", "=text"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    ordering = ["-key"]
    readonly_fields = [
        "picture",
        "said",
        "reading",
        "sure",
        "verdict",
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
    fields = ["picture", "said", "label", "reviews", *readonly_fields[2:-1]]

    def get_urls(self) -> list[URLPattern]:
        """Add the pictures, for those who may see submissions."""
        picture = path("<int:key>/thumbnail.png", self.admin_site.admin_view(self.thumbnail), name="submission_picture")
        return [picture, *super().get_urls()]

    def thumbnail(self, request: HttpRequest, key: int) -> HttpResponse:
        """Give a drawing's small picture."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return thumbnail_of(get_object_or_404(Submission.objects.only("key"), key=key))

    @admin.display(description=_("drawing"))
    def picture(self, row: Submission) -> SafeString | None:
        if not row.has_thumbnail:
            return None
        url = reverse("admin:submission_picture", args=[row.key])
        return format_html('<img src="{}" width="48" height="48" alt="{}" loading="lazy">', url, row.id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Leave out what is going away: what its owner deleted, and what a newer reading replaced."""
        return super().get_queryset(request).filter(deleted_at=None, superseded_at=None)

    @admin.display(description=_("said so far"), ordering="label")
    def said(self, row: Submission) -> str | None:
        if row.label is None:
            return None
        return f"{row.label or _('no digit')} ({row.get_label_by_display()})"

    @admin.display(description=_("reviews"))
    def reviews(self, row: Submission) -> SafeString:
        """Everything that was said of it, newest first. One query, on the page of one submission only."""
        said = Review.objects.filter(submission=row).select_related("reviewer").order_by("-pk")
        lines = (
            (
                review.text or _("no digit"),
                review.reviewer or "-",
                review.get_role_display(),
                f"{review.created_at:%Y-%m-%d %H:%M} UTC",
            )
            for review in said
        )
        return format_html_join(mark_safe("<br>"), "{} · {} ({}) · {}", lines)

    @admin.display(description=_("reading"), ordering="text")
    def reading(self, row: Submission) -> str | None:
        return row.text or None

    @admin.display(description=_("sure"), ordering="confidence")
    def sure(self, row: Submission) -> str | None:
        return None if row.confidence is None else f"{int(row.confidence * 1000) / 10:.1f} %"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return self._for(request, super().get_form(request, obj, change=change, **kwargs))

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return self._for(request, DeskForm)

    def _for(self, request: HttpRequest, form: type[forms.ModelForm]) -> type[forms.ModelForm]:
        return type("DeskForm", (form,), {"reviewer": request.user})

    def save_model(self, request: HttpRequest, obj: Submission, form: Any, change: bool) -> None:
        """Record what was said as a desk review; nothing else of the row is written here."""
        if (text := form.cleaned_data["label"]) is not None:
            review_submission(obj, form.reviewer, text, Role.DESK)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
