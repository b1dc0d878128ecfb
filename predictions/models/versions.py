"""Who reads: `ModelVersion`, its bytes, how it compares, and the workers that were seen."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    """Questions about model versions."""

    def live(self) -> Self:
        return self.filter(is_live=True)


class ModelVersion(models.Model):
    """Who reads: one trained network, with its card. At most one is live."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    preprocessing = models.CharField(_("preprocessing"), max_length=40)
    card = models.JSONField()
    is_shipped = models.BooleanField(_("shipped"), default=False)
    is_live = models.BooleanField(_("live"), default=False)
    promoted_at = models.DateTimeField(_("promoted at"), null=True, blank=True)
    promoted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("promoted by")
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        constraints = [
            models.UniqueConstraint(fields=["is_live"], condition=Q(is_live=True), name="modelversion_one_live")
        ]

    def __str__(self) -> str:
        return self.name


class ArtifactFormat(models.TextChoices):
    """The formats a network is kept in; nothing that runs code when it is loaded."""

    KERAS = "keras"
    LITERT = "litert"
    ONNX = "onnx"


class ModelArtifact(models.Model):
    """A version's bytes in one format, apart from it so that listing versions never drags them along."""

    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="artifacts", verbose_name=_("model version")
    )
    format = models.CharField(_("format"), max_length=10, choices=ArtifactFormat)
    sha256 = models.CharField("SHA-256", max_length=64)
    signature = models.CharField(_("signature"), max_length=64)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("model artifact")
        verbose_name_plural = _("model artifacts")
        constraints = [models.UniqueConstraint(fields=["version", "format"], name="modelartifact_one_a_format")]

    def __str__(self) -> str:
        return f"{self.version} · {self.format}"


class Comparison(models.Model):
    """How a candidate reads beside a rival, mostly the live version: asked for as a row, filled in by a worker.

    `figures` holds a tally for each set of `comparisons`; `trouble` says instead why the candidate cannot read.
    """

    candidate = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="comparisons")
    rival = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict, blank=True)
    trouble = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")

    def __str__(self) -> str:
        return f"{self.candidate_id} beside {self.rival_id}"


class WorkerSeen(models.Model):
    """The last sign of life of each recognition worker, and why it refuses the live version; it writes this itself."""

    name = models.CharField(_("name"), max_length=100, primary_key=True)
    device = models.CharField(_("device"), max_length=20, blank=True, default="")
    runtime = models.CharField(_("runtime"), max_length=20, blank=True, default="")
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("model version")
    )
    code = models.CharField(_("code"), max_length=60, blank=True, default="")
    trouble = models.CharField(_("trouble"), max_length=300, blank=True, default="", db_default="")
    seen_at = models.DateTimeField(_("seen at"), db_default=Now())

    class Meta:
        verbose_name = _("worker seen")
        verbose_name_plural = _("workers seen")

    def __str__(self) -> str:
        return self.name
