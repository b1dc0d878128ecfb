"""`ModelVersion`, its artifacts and comparisons, and the workers that were seen."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ml.types import PREPROCESSING_VERSION
from predictions.models.claimable import Claimable, ClaimableQuerySet


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    """Filters on model versions."""

    def live(self) -> Self:
        return self.filter(is_live=True)

    def readable(self) -> Self:
        """Those that this code can read with, as `ModelVersion.is_readable` says."""
        return self.filter(preprocessing=PREPROCESSING_VERSION).exclude(set_signature="")


class ModelVersion(models.Model):
    """All that reads: a digit network, a line recognizer, and the settings in the card. At most one is live.

    set_signature: of all artifacts and the card together; empty if there is no line recognizer, as in versions from
        before migration 0014.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    preprocessing = models.CharField(_("preprocessing"), max_length=40)
    card = models.JSONField()
    is_shipped = models.BooleanField(_("shipped"), default=False)
    is_live = models.BooleanField(_("live"), default=False)
    set_signature = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
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

    @property
    def is_readable(self) -> bool:
        """Whether this code can read with it: same preprocessing, and a line recognizer."""
        return self.preprocessing == PREPROCESSING_VERSION and bool(self.set_signature)


class ArtifactFormat(models.TextChoices):
    """The networks of a version and their file formats. None of them executes code when loaded.

    The plain names are of the digit network, since code from before migration 0014 knows only that.
    """

    KERAS = "keras"
    LITERT = "litert"
    ONNX = "onnx"
    LINE_KERAS = "line-keras"
    LINE_LITERT = "line-litert"
    BROWSER = "browser"


class ModelArtifact(models.Model):
    """The bytes of a version in one format; a table of its own, so that listing versions never loads them."""

    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="artifacts", verbose_name=_("model version")
    )
    format = models.CharField(_("format"), max_length=20, choices=ArtifactFormat)
    sha256 = models.CharField("SHA-256", max_length=64)
    signature = models.CharField(_("signature"), max_length=64)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("model artifact")
        verbose_name_plural = _("model artifacts")
        constraints = [models.UniqueConstraint(fields=["version", "format"], name="modelartifact_one_a_format")]

    def __str__(self) -> str:
        return f"{self.version} · {self.format}"


class ComparisonQuerySet(ClaimableQuerySet["Comparison"]):
    """Filters on comparisons, whose `finished_at` and `lease_until` older versions set without a status."""

    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def finished(self) -> Self:
        return self.filter(finished_at__isnull=False)

    def waiting(self) -> Self:
        is_free = Q(lease_until=None) | Q(lease_until__lt=Now())
        return super().waiting().filter(is_free, finished_at=None)


class Comparison(Claimable):
    """How a candidate reads compared with a rival, which is mostly the live version. A worker fills it in.

    figures: a tally for each set of drawings, as `comparisons.as_figures` returns them. Older code, which may run
        beside this one, reads each entry as such.
    measures: what else was measured, as `comparisons.Measures` stores it; empty if an older worker compared them.
    trouble: why the candidate cannot be used; then there are no figures.

    `state_constraints` can hold here once no version from before migration 0009 runs any more.
    """

    claim_order = ("pk",)
    given_up: ClassVar = {"trouble": "Every attempt to compare it failed; the logs of the workers say why."}

    candidate = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="comparisons")
    rival = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(_("sent at"), db_column="asked_at", db_default=Now(), editable=False)
    figures = models.JSONField(default=dict, blank=True)
    measures = models.JSONField(default=dict, db_default={}, blank=True)
    trouble = models.CharField(max_length=300, blank=True, default="")

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")

    def __str__(self) -> str:
        return f"{self.candidate_id} compared with {self.rival_id}"


class WorkerSeen(models.Model):
    """The last heartbeat of each worker, written by itself, and why it refuses the live version, if it does.

    clock_ahead_s: how far its own clock was ahead of Postgres' then; NULL of a worker from before migration 0034.
    """

    name = models.CharField(_("name"), max_length=100, primary_key=True)
    device = models.CharField(_("device"), max_length=20, blank=True, default="")
    runtime = models.CharField(_("runtime"), max_length=20, blank=True, default="")
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("model version")
    )
    code = models.CharField(_("code"), max_length=60, blank=True, default="")
    trouble = models.CharField(_("problem"), max_length=300, blank=True, default="", db_default="")
    seen_at = models.DateTimeField(_("seen at"), db_default=Now())
    clock_ahead_s = models.FloatField(_("clock ahead by (s)"), null=True, editable=False)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.name
