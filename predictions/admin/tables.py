"""View-only tables of what the system writes. Submissions are in `submissions`."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import CappedPaginator, TolerantListAdmin
from accounts.roles import may_see_names
from ml.types import CLASSES, Verdict
from predictions.admin.versions.challenging import ChallengerMixin
from predictions.admin.versions.promotion import PromotionMixin
from predictions.models import (
    Drawing,
    IdempotencyKey,
    Job,
    ModelArtifact,
    ModelVersion,
    Prediction,
    Review,
    WorkerSeen,
)
from predictions.services.formatting import share, sure
from predictions.services.labels import VERDICTS, label_format

CARD_COLUMNS = ["mnist", "new_writers"]
MADE_WITH = ["parameters", "epochs", "seed", "cpu_seconds"]  # of a card's training
admin.site.site_header = admin.site.site_title = _("Inkling administration")
admin.site.index_title = _("Administration")
admin.site.enable_nav_sidebar = False  # leaves the width to the lists


class SystemTableAdmin(TolerantListAdmin):
    """Rows that the system writes: view-only, deleted only together with what they belong to."""

    actions: Any = None
    paginator = CappedPaginator
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        own_pages = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return not request.path.startswith(own_pages) and super().has_delete_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OfSubmissionAdmin(SystemTableAdmin):
    """Rows that belong to submissions: those of deleted ones and of guests are shown to nobody."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(submission__deleted_at=None)

    @admin.display(description=_("id of the drawing"))
    def drawing_id(self, row: Any) -> SafeString:
        """Link to the page of the drawing, which those who see its rows may see."""
        url = reverse("admin:predictions_submission_change", args=[row.submission_id])
        return format_html('<a href="{}">{}</a>', url, row.submission.id)


@admin.register(ModelVersion)
class ModelVersionAdmin(PromotionMixin, ChallengerMixin, SystemTableAdmin):
    """Model versions with their cards."""

    list_display = ["name", "is_live", "compared", "readers", *CARD_COLUMNS, "preprocessing", "is_shipped"]
    list_display += ["promoted_at", "promoted_by"]
    list_select_related = ["promoted_by"]
    fields = ["name", "is_live", "figures", "preprocessing", "is_shipped", "promoted_at", "promoted_by", "sha256"]
    readonly_fields = ["figures"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("MNIST"))
    def mnist(self, version: ModelVersion) -> str:
        return _percent(version.card, "mnist_test")

    @admin.display(description=_("new writers"))
    def new_writers(self, version: ModelVersion) -> str:
        return _percent(version.card, "held_out_writers")

    @admin.display(description=_("card"))
    def figures(self, version: ModelVersion) -> SafeString:
        return render_to_string("admin/predictions/modelversion/card.html", _tables(version.card))


def _tables(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card's tables: accuracy by set, confusion matrices, training facts, and the networks of the version."""
    sets = card.get("sets", {})
    rows = [
        (
            name.replace("_", " "),
            found.get("count", "-"),
            _percent(card, name),
            found.get("calibration_error", "-"),
            *(found.get("verdicts", {}).get(verdict, "-") for verdict in Verdict),
        )
        for name, found in sets.items()
    ]
    training = card.get("training", {})
    made = [(name.replace("_", " "), training[name]) for name in MADE_WITH if name in training]
    made += sorted(training.get("counts", {}).items()) + sorted(card.get("versions", {}).items())
    made += [("commit", card["commit"])] if card.get("commit") else []
    confusions = [(name.replace("_", " "), found["confusion"]) for name, found in sets.items() if "confusion" in found]
    parts = [(label_format(name), sha256) for name, sha256 in sorted(card.get("sha256", {}).items())]
    return {"sets": rows, "made": made, "parts": parts, "confusions": confusions, "digits": range(CLASSES)}


def _percent(card: dict[str, Any], name: str) -> str:
    """Return the accuracy on one set of a card, or a dash."""
    return share(card.get("sets", {}).get(name, {}).get("accuracy"))


@admin.register(ModelArtifact)
class ModelArtifactAdmin(SystemTableAdmin):
    """The artifacts of model versions, without their bytes."""

    list_display = ["version", "format", "sha256"]
    list_select_related = ["version"]
    exclude = ["data"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelArtifact]:
        return super().get_queryset(request).defer("data", "version__card")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Prediction)
class PredictionAdmin(OfSubmissionAdmin):
    """What was read, by which model, where and when."""

    list_display = ["submission", "model_version", "preprocessing", "runtime", "device", "worker", "finished_at"]
    list_display += ["drawing_id"]
    list_select_related = ["submission", "model_version"]
    fields = ["submission", "model_version", "text", "verdict", "digits", "preprocessing", "runtime", "device"]
    fields += ["worker", "batch_size", "queued_at", "started_at", "finished_at"]
    readonly_fields = ["text", "verdict", "digits"]
    show_full_result_count = False
    ordering = ["-pk"]

    @admin.display(description=_("reading"))
    def text(self, prediction: Prediction) -> str:
        return prediction.reading["text"] or "-"

    @admin.display(description=_("verdict"))
    def verdict(self, prediction: Prediction) -> str:
        return str(VERDICTS[Verdict(prediction.reading["verdict"])])

    @admin.display(description=_("digits"))
    def digits(self, prediction: Prediction) -> str:
        return ", ".join(f"{one['digit']}: {sure(one['confidence'])}" for one in prediction.reading["digits"]) or "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).defer("reading", "model_version__card")


@admin.register(Review)
class ReviewAdmin(OfSubmissionAdmin):
    """Reviews. None is changed; an owner may withdraw theirs."""

    list_display = ["submission", "reviewer", "role", "text", "is_digit", "created_at", "withdrawn_at", "drawing_id"]
    list_select_related = ["submission", "reviewer"]
    list_filter = ["role"]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Name reviewers only to those who may see users, as the page of agreement does."""
        return [name for name in self.list_display if name != "reviewer" or may_see_names(request.user)]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if may_see_names(request.user) else ["reviewer"]


@admin.register(Drawing)
class DrawingAdmin(OfSubmissionAdmin):
    """Drawings without their ink."""

    list_display = ["submission", "image_type", "width", "height", "pen_px", "drawing_id"]
    list_select_related = ["submission"]
    fields = ["submission", "image_type", "width", "height", "pen_px", "is_original"]
    show_full_result_count = False
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drawing]:
        return super().get_queryset(request).defer("strokes", "image", "thumbnail")


@admin.register(Job)
class JobAdmin(OfSubmissionAdmin):
    """Jobs on finished submissions: explanations and second readings."""

    list_display = ["submission", "kind", "model_version", "status", "asked_by", "created_at", "drawing_id"]
    list_select_related = ["submission", "model_version", "asked_by"]
    fields = ["submission", "kind", "model_version", "asked_by", "status", "error_code", "attempts"]
    fields += ["created_at", "finished_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("result", "model_version__card")


@admin.register(WorkerSeen)
class WorkerSeenAdmin(SystemTableAdmin):
    """Workers and when they were last seen."""

    list_display = ["name", "seen_at", "runtime", "device", "model_version", "code", "trouble"]
    list_select_related = ["model_version"]


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(SystemTableAdmin):
    """Idempotency keys of API requests."""

    list_display = ["key", "owner", "submission", "created_at"]
    list_select_related = ["owner", "submission"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdempotencyKey]:
        """Leave out the keys of deleted submissions, whose ids they would tell."""
        return super().get_queryset(request).filter(Q(submission=None) | Q(submission__deleted_at=None))
