"""The office: all tables for those who may, and the true digit recorded as a desk review."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from predictions.models import (
    Drawing,
    Errand,
    IdempotencyKey,
    ModelArtifact,
    ModelVersion,
    Prediction,
    Review,
    Role,
    Submission,
    WorkerSeen,
)
from predictions.web.review import NotAReview, check_review, review_submission


class ReadOnly(admin.ModelAdmin):
    """Rows that the system writes: to be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeskForm(forms.ModelForm):
    """A submission whose true digits can be said."""

    true_text = forms.CharField(required=False, max_length=16, label="It really is", help_text="The digits, 0 to 9.")
    is_no_digit = forms.BooleanField(required=False, label="It is no digit")
    reviewer: User  # set by the admin

    class Meta:
        model = Submission
        fields: list[str] = []

    def clean(self) -> dict[str, Any]:
        """Refuse what `save_model` could not record."""
        cleaned = super().clean() or {}
        text = cleaned.get("true_text", "")
        if text and cleaned.get("is_no_digit"):
            raise ValidationError("Say either the digits or that it is no digit, not both.")
        cleaned["is_reviewed"] = bool(text or cleaned.get("is_no_digit"))
        if cleaned["is_reviewed"]:
            try:
                check_review(self.instance, self.reviewer, text, Role.DESK)
            except NotAReview as error:
                raise ValidationError(str(error)) from error
        return cleaned


class ReviewsInline(admin.TabularInline):
    """What was said so far."""

    model = Review
    extra = 0
    can_delete = False
    fields = ["created_at", "role", "reviewer", "text", "is_digit"]
    readonly_fields = ["created_at", "role", "reviewer", "text", "is_digit"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return super().get_queryset(request).select_related("reviewer")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin):
    """Every submission; its status is `lifecycle`'s alone, its label a review's."""

    form = DeskForm
    inlines = [ReviewsInline]
    list_display = ["id", "owner", "status", "text", "verdict", "confidence", "label", "source", "created_at"]
    list_filter = ["status", "verdict", "source", "label_by"]
    list_select_related = ["owner"]
    search_fields = ["id", "owner__username", "text"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    ordering = ["-key"]
    readonly_fields = [
        "id",
        "owner",
        "status",
        "error_code",
        "text",
        "verdict",
        "confidence",
        "label",
        "label_by",
        "source",
        "attempts",
        "created_at",
        "started_at",
        "finished_at",
    ]
    fields = [*readonly_fields, "true_text", "is_no_digit"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type("DeskForm", (form,), {"reviewer": request.user})

    def save_model(self, request: HttpRequest, obj: Submission, form: Any, change: bool) -> None:
        """Record the review; nothing else of a submission is written here."""
        if form.cleaned_data["is_reviewed"]:
            review_submission(obj, form.reviewer, form.cleaned_data["true_text"], Role.DESK)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    """Who reads, and with which card."""

    list_display = ["name", "is_live", "preprocessing", "is_shipped", "promoted_at", "promoted_by", "created_at"]
    list_select_related = ["promoted_by"]


@admin.register(ModelArtifact)
class ModelArtifactAdmin(ReadOnly):
    """The bytes' names, never the bytes."""

    list_display = ["version", "format", "sha256"]
    list_select_related = ["version"]
    exclude = ["data"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelArtifact]:
        return super().get_queryset(request).defer("data")


@admin.register(Prediction)
class PredictionAdmin(ReadOnly):
    """What was read, by whom, where and when."""

    list_display = ["submission", "model_version", "preprocessing", "runtime", "device", "worker", "finished_at"]
    list_select_related = ["submission", "model_version"]
    show_full_result_count = False
    ordering = ["-pk"]


@admin.register(Review)
class ReviewAdmin(ReadOnly):
    """What people said; never changed."""

    list_display = ["submission", "reviewer", "role", "text", "is_digit", "created_at"]
    list_select_related = ["submission", "reviewer"]
    list_filter = ["role"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Drawing)
class DrawingAdmin(ReadOnly):
    """That there is ink; the ink itself is on its owner's page."""

    list_display = ["submission", "image_type", "width", "height", "pen_px"]
    list_select_related = ["submission"]
    fields = ["submission", "image_type", "width", "height", "pen_px", "is_original"]
    show_full_result_count = False
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drawing]:
        return super().get_queryset(request).defer("strokes", "image", "thumbnail")


@admin.register(Errand)
class ErrandAdmin(ReadOnly):
    """What was asked for finished submissions."""

    list_display = ["submission", "kind", "status", "asked_by", "created_at"]
    list_select_related = ["submission", "asked_by"]


@admin.register(WorkerSeen)
class WorkerSeenAdmin(ReadOnly):
    """Which workers live."""

    list_display = ["name", "seen_at", "runtime", "device", "model_version", "code"]
    list_select_related = ["model_version"]


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnly):
    """Integrators' own names for their requests."""

    list_display = ["key", "owner", "submission", "created_at"]
    list_select_related = ["owner", "submission"]
