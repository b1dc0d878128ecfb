"""`Drawing`, the ink of a submission, and the idempotency keys of API clients."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models.submissions.submission import Submission

NUMBER_BYTES = 10  # the approximate size of one number of a stroke in Postgres


class Drawing(models.Model):
    """The ink of a submission: strokes or an image, never both. Lists must not load it.

    `image` holds the original file until a worker has read it, then a re-encoded copy, upright and without metadata,
    or b"" if the file was refused.
    """

    submission = models.OneToOneField(
        Submission, primary_key=True, on_delete=models.CASCADE, related_name="drawing", verbose_name=_("submission")
    )
    strokes = models.JSONField(null=True)
    width = models.FloatField(_("width"), null=True)
    height = models.FloatField(_("height"), null=True)
    pen_px = models.FloatField(_("pen (px)"), null=True)
    image = models.BinaryField(null=True)
    image_type = models.CharField(_("image type"), max_length=20, blank=True, default="")
    is_original = models.BooleanField(_("original file"), default=False)
    thumbnail = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("drawing")
        verbose_name_plural = _("drawings")
        constraints = [
            models.CheckConstraint(
                name="drawing_strokes_or_image",
                condition=Q(strokes__isnull=False, image__isnull=True) | Q(strokes__isnull=True, image__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["submission"], condition=Q(is_original=True), name="drawing_original")]

    def __str__(self) -> str:
        return str(self.submission)

    @property
    def bytes(self) -> int:
        """The approximate size in Postgres: the images, and NUMBER_BYTES for each number of the strokes."""
        numbers = sum(len(point) for stroke in self.strokes or () for point in stroke)
        return NUMBER_BYTES * numbers + len(self.image or b"") + len(self.thumbnail or b"")


class IdempotencyKey(models.Model):
    """A client's key for one request, so that a retry finds the same submission, batch or sheet."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("owner"))
    key = models.CharField(_("key"), max_length=255)
    body_sha256 = models.CharField(_("SHA-256 of the body"), max_length=64)
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("submission")
    )
    batch = models.UUIDField(_("batch"), null=True)
    sheet = models.UUIDField(_("sheet"), null=True)
    created_at = models.DateTimeField(_("sent at"), db_default=Now())

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotencykey_per_owner")]
        indexes = [models.Index(fields=["created_at"], name="idempotencykey_age")]

    def __str__(self) -> str:
        return self.key
