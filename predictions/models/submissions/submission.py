"""`Submission`: a drawing that was sent, and its state."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ml.expects import Expectation, parse_expectation
from ml.types import MAX_TEXT_CHARS, Verdict
from predictions.models.claimable import Claimable, Lane, Status, state_constraints
from predictions.models.submissions.conditions import (
    OWNED,
    SAYABLE,
    Role,
    Source,
)
from predictions.models.submissions.indexes import INDEXES
from predictions.models.submissions.querysets import SubmissionQuerySet
from predictions.models.submissions.request_ids import current_request_id


class Submission(Claimable):
    """A drawing that was sent for recognition, and its state.

    `text`, `written`, `reasons` (codes), `verdict`, `confidence` and `label` are copies of the newest prediction and
    review, so that lists and filters touch one table. `expects` is the canonical form of an `ml.expects.Expectation`.
    `body_sha256` distinguishes a repeated PUT from another drawing; `kept_bytes` is the approximate size of the
    drawing. A deleted row is emptied and kept for a day, so that its id answers 410. A guest's row is stored with the
    time of its deletion, which is ahead: code that knows no guests takes it for deleted and shows it to nobody.
    `review_sample` is drawn by chance when a user's drawing arrives: what is known of these alone is unbiased.
    A cell of a sheet has `sheet`, and is stored as superseded at a time that never comes, HIDDEN_AT: lists, statistics
    and the review queue leave it out, those of code that knows no sheets too.
    `request_id` is in the log lines of the proxy, the web process and the worker; null in rows of older versions.
    """

    late = Q(status=Status.QUEUED, deadline_at__lt=Now())

    key = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="submissions", verbose_name=_("owner")
    )
    guest_key = models.CharField(max_length=64, blank=True, default="")
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.API)
    lane = models.CharField(max_length=12, choices=Lane, default=Lane.INTERACTIVE)
    canvas = models.UUIDField(null=True, blank=True)
    batch = models.UUIDField(null=True, blank=True, editable=False)
    sheet = models.ForeignKey(
        "predictions.Sheet",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
        editable=False,
        verbose_name=_("sheet"),
    )
    request_id = models.UUIDField(_("request"), null=True, default=current_request_id, editable=False)
    body_sha256 = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)
    kept_bytes = models.PositiveIntegerField(db_default=0, default=0, editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    may_train = models.BooleanField(default=False)
    review_sample = models.BooleanField(_("in the random sample"), default=False, db_default=False, editable=False)
    expects = models.JSONField(_("expected"), null=True, blank=True, editable=False)
    text = models.CharField(max_length=MAX_TEXT_CHARS, blank=True, default="")
    written = models.CharField(max_length=MAX_TEXT_CHARS, blank=True, db_default="", default="", editable=False)
    reasons = models.JSONField(null=True, blank=True, editable=False)
    verdict = models.CharField(max_length=12, blank=True, default="")
    confidence = models.FloatField(null=True, blank=True)
    label = models.CharField(  # null: not reviewed; "": not a digit
        _("label"), max_length=MAX_TEXT_CHARS, null=True, blank=True
    )
    label_by = models.CharField(_("origin of the label"), max_length=5, choices=Role, blank=True, default="")

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        permissions = [("export_submission", "Can export submissions")]
        constraints = [
            *state_constraints("submission"),
            models.CheckConstraint(name="submission_owner_or_guest", condition=OWNED),
            models.UniqueConstraint(fields=["owner", "id"], name="submission_id_per_owner"),
            models.UniqueConstraint(
                fields=["guest_key", "id"], condition=~Q(guest_key=""), name="submission_id_per_guest"
            ),
            models.CheckConstraint(
                name="submission_cell_is_hidden", condition=Q(sheet=None) | Q(superseded_at__isnull=False)
            ),
            models.CheckConstraint(
                name="submission_confidence_is_a_chance",
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
            ),
        ]
        indexes = INDEXES

    def __str__(self) -> str:
        return f"{self.text or self.get_status_display()} · {str(self.id)[:8]}"

    def get_absolute_url(self) -> str:
        """Return the path of the submission's page."""
        return reverse("item", args=[self.id])

    @property
    def expectation(self) -> Expectation | None:
        """What was expected, or None."""
        return parse_expectation(self.expects) if self.expects else None

    @property
    def expects_sha256(self) -> str:
        """The SHA-256 of what was expected, or "" for nothing; part of what makes a Prediction unique."""
        expectation = self.expectation
        return expectation.sha256 if expectation else ""

    @property
    def shown_text(self) -> str:
        """The reading as people see it: with its signs, unless there is ink that nobody can type."""
        is_sayable = SAYABLE.issuperset(self.written) and not SAYABLE.isdisjoint(self.written)
        return self.written if is_sayable and not self.expects else self.text

    @property
    def is_guests(self) -> bool:
        """Whether somebody without an account drew this."""
        return self.owner_id is None and self.guest_key != Source.GOLDEN

    @property
    def is_corrected(self) -> bool:
        """Whether a person says something else than the reading, which not_a_digit agrees with only if empty."""
        return self.label is not None and not self.agrees_with(self.label)

    def agrees_with(self, text: str) -> bool:
        """Return whether the reading says what a person does: `text`, or "" for not a digit."""
        return text in ([""] if self.verdict == Verdict.NOT_A_DIGIT else [self.text, self.shown_text])

    @property
    def has_thumbnail(self) -> bool:
        """True once a worker has made a thumbnail; does not load the drawing."""
        return self.status == Status.SUCCEEDED
