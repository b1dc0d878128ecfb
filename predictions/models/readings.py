"""What was said about a submission: by a model (`Prediction`), by a person (`Review`), or on request (`Errand`)."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models.claimable import UNFINISHED, Claimable, ClaimableQuerySet, Lane
from predictions.models.submissions import Role, Submission
from predictions.models.versions import ModelVersion


class Prediction(models.Model):
    """What one model version read in one submission. `reading` has the API's shape of a result."""

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="predictions", verbose_name=_("submission")
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="predictions", verbose_name=_("model version")
    )
    preprocessing = models.CharField(_("preprocessing"), max_length=40)
    reading = models.JSONField()
    runtime = models.CharField(_("runtime"), max_length=20)
    device = models.CharField(_("device"), max_length=20)
    worker = models.CharField(_("worker"), max_length=100)
    batch_size = models.PositiveIntegerField(_("batch size"))
    queued_at = models.DateTimeField(_("queued at"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), db_default=Now())

    class Meta:
        verbose_name = _("prediction")
        verbose_name_plural = _("predictions")
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "model_version", "preprocessing"], name="prediction_once_a_model"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reading.get('text') or '-'} · {self.model_version}"


class Review(models.Model):
    """What a person says is true. Never changed: a new one is added, and the newest counts."""

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("submission")
    )
    reviewer = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="reviews", verbose_name=_("reviewer")
    )
    role = models.CharField(_("role"), max_length=5, choices=Role)
    text = models.CharField(_("digits"), max_length=32, blank=True)
    is_digit = models.BooleanField(_("is it a digit"))
    created_at = models.DateTimeField(_("said at"), db_default=Now())

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [
            models.CheckConstraint(
                name="review_text_if_digit",
                condition=(Q(is_digit=True) & ~Q(text="")) | Q(is_digit=False, text=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.text or _('no digit')} · {self.reviewer or '-'}"


class Errand(Claimable):
    """Something to do for a finished submission, whose own status never changes: read again, or explain.

    model_version: who is to read it again, or whose reading is to be explained; each is asked once.
    result: of an explanation, as `ml.recognition.explanation` gives it; a new reading is a Prediction.
    """

    class Kind(models.TextChoices):
        READ_AGAIN = "read_again", _("Read again")
        EXPLAIN = "explain", _("Explain")

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="errands", verbose_name=_("submission")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="errands", verbose_name=_("model version")
    )
    asked_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("asked by")
    )
    lane = models.CharField(max_length=12, choices=Lane, default=Lane.INTERACTIVE)
    result = models.JSONField(null=True, blank=True)

    objects = ClaimableQuerySet["Errand"].as_manager()

    class Meta(Claimable.Meta):
        verbose_name = _("errand")
        verbose_name_plural = _("errands")
        abstract = False
        constraints = [
            *Claimable.Meta.constraints,
            models.UniqueConstraint(fields=["submission", "kind", "model_version"], name="errand_once_a_model"),
        ]
        indexes = [
            models.Index(F("lane").desc(), F("id"), condition=Q(status__in=UNFINISHED), name="errand_queue"),
            models.Index(fields=["asked_by"], condition=Q(status__in=UNFINISHED), name="errand_in_flight"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.submission}"
