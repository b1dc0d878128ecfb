"""What is known about a submission: `Prediction` by a model, `Review` by a person, `Job` on request."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ml.types import MAX_TEXT_CHARS
from predictions.models.claimable import UNFINISHED, Claimable, ClaimableQuerySet, Lane, state_constraints
from predictions.models.submissions import Role, Submission
from predictions.models.versions import ModelVersion


class Prediction(models.Model):
    """What one model version read in one submission. `reading` is what `Reading.as_dict` returned.

    `expects_sha256` tells under which expectation it was read: a worker of an older version knows none.
    `ink` is what `measure_ink` returned, a value for each digit and measure; null from such a worker, and for drawings
    outside the random sample.
    """

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="predictions", verbose_name=_("submission")
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="predictions", verbose_name=_("model version")
    )
    preprocessing = models.CharField(_("preprocessing"), max_length=40)
    expects_sha256 = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)
    reading = models.JSONField()
    ink = models.JSONField(null=True, editable=False)
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
                fields=["submission", "model_version", "preprocessing", "expects_sha256"],
                name="prediction_once_a_reading",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reading.get('text') or '-'} · {self.model_version}"


class Review(models.Model):
    """What a person says is true. Its text never changes; the newest review that is not withdrawn counts.

    former_reviewer: of a reviewer whose account is deleted: the same random number, below 0, in all of their reviews.
    """

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("submission")
    )
    reviewer = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="reviews", verbose_name=_("reviewer")
    )
    former_reviewer = models.BigIntegerField(null=True, editable=False)
    role = models.CharField(_("role"), max_length=5, choices=Role)
    text = models.CharField(_("digits"), max_length=MAX_TEXT_CHARS, blank=True)
    is_digit = models.BooleanField(_("is a digit"))
    created_at = models.DateTimeField(_("reviewed at"), db_default=Now())
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

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
        return f"{self.text or _('no digit')} · {self.get_role_display()}"


class Job(Claimable):
    """Work on a finished submission, whose own status never changes: explain a reading, or read it again.

    model_version: the model to read with, or whose reading is explained.
    prediction: the reading that is explained, or that reading again produced. Older versions of this code leave it
        null; an explanation is then of the earliest reading by `model_version`.
    result: the explanation, as `ml.recognition.explanation` returns it.
    """

    class Kind(models.TextChoices):
        READ_AGAIN = "read_again", _("Read again")
        EXPLAIN = "explain", _("Explain")

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="jobs", verbose_name=_("submission")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="jobs", verbose_name=_("model version")
    )
    prediction = models.ForeignKey(
        Prediction,
        null=True,
        on_delete=models.CASCADE,
        related_name="jobs",
        db_index=False,
        verbose_name=_("prediction"),
    )
    asked_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("requested by")
    )
    lane = models.CharField(max_length=12, choices=Lane, default=Lane.INTERACTIVE)
    result = models.JSONField(null=True, blank=True)

    objects = ClaimableQuerySet["Job"].as_manager()

    class Meta:
        db_table = "predictions_errand"  # as older versions, which may run beside this one, call it
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            *state_constraints("errand"),
            models.UniqueConstraint(
                fields=["submission", "kind", "model_version"],
                condition=Q(prediction__isnull=True),
                name="errand_once_a_reading",
            ),
            models.UniqueConstraint(fields=["prediction"], condition=Q(kind="explain"), name="errand_once_explained"),
        ]
        indexes = [
            models.Index(F("lane").desc(), F("id"), condition=Q(status__in=UNFINISHED), name="errand_queue"),
            models.Index(fields=["asked_by"], condition=Q(status__in=UNFINISHED), name="errand_in_flight"),
            models.Index(fields=["prediction"], condition=Q(prediction__isnull=False), name="errand_prediction"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.submission}"
