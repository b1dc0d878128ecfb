"""`Submission` and its `Drawing`, and the idempotency keys of API clients."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import BigIntegerField, Case, F, IntegerField, Q, Subquery, Transform, UUIDField, When
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ml.expects import Expectation, parse_expectation
from ml.types import MAX_TEXT_CHARS, SIGNS, Verdict
from predictions.models.claimable import (
    UNFINISHED,
    Claimable,
    ClaimableQuerySet,
    Lane,
    Status,
    state_constraints,
)

RESTORABLE_FOR = timedelta(seconds=10)
GUESTS_KEPT_FOR = timedelta(hours=1)
AGREED = Q(label=F("text")) | Q(label="", verdict=Verdict.NOT_A_DIGIT)  # the label is what was read
SAYABLE = frozenset("0123456789" + SIGNS)  # what a person may say is written
GOLDEN_DIGIT = 7  # shown by the drawings that we send ourselves
NUMBER_BYTES = 10  # the approximate size of one number of a stroke in Postgres
CORRECTED = Q(label__isnull=False) & ~AGREED & ~(~Q(label="") & Q(label=F("written")))
UNTOLD = Q(label__isnull=True, status=Status.SUCCEEDED)
CONFIRMED = Q(label__isnull=False, status=Status.SUCCEEDED) & (AGREED | (~Q(label="") & Q(label=F("written"))))
CURRENT = Q(deleted_at=None, superseded_at=None)
DONE = Q(finished_at__isnull=False) & CURRENT
NOT_SURE = Q(verdict__in=[Verdict.UNSURE, Verdict.NOT_A_DIGIT])
NEWEST = (F("owner"), F("key").desc())  # of one user: an index in the order of the history
OWNED = Q(owner__isnull=False, guest_key="") | (Q(owner__isnull=True) & ~Q(guest_key=""))


class Source(models.TextChoices):
    """How a drawing was sent."""

    DRAW = "draw", _("drawn on the page")
    GRID = "grid", _("drawn in a grid")
    UPLOAD = "upload", _("uploaded")
    PASTE = "paste", _("pasted")
    CAMERA = "camera", _("taken by camera")
    API = "api", _("sent by a program")
    BATCH = "batch", _("sent in a batch")
    GOLDEN = "golden", _("our own health check")


class Role(models.TextChoices):
    """The role in which somebody reviewed a submission."""

    OWNER = "owner", _("Owner")
    REVIEWER = "desk", _("Reviewer")  # the stored value of older versions


GUESTS = Q(owner=None) & ~Q(guest_key__in=["", Source.GOLDEN])  # the golden rows have no owner either
DISPUTED = Q(label_by=Role.OWNER) & ~AGREED
DOUBTFUL = Q(status=Status.SUCCEEDED) & ~Q(verdict=Verdict.DIGIT) & ~Q(label_by=Role.REVIEWER)
MOST_URGENT_FIRST = Case(When(DISPUTED, then=0), When(DOUBTFUL, then=1), default=2, output_field=IntegerField())

# Review mode: what is sure by a small margin is just above `least_sure` of ml/recognition/calibration.py.
HARDLY_SURE = 0.95
SURE_BY_LITTLE = Q(verdict=Verdict.DIGIT, confidence__lt=HARDLY_SURE)
SAMPLED_ONLY = 4  # in REVIEW_ORDER: nothing but the random sample asks for a review
REVIEW_ORDER = Case(
    When(DISPUTED, then=0),
    When(verdict=Verdict.UNSURE, then=1),
    When(SURE_BY_LITTLE, then=2),
    When(verdict=Verdict.NOT_A_DIGIT, then=3),
    default=SAMPLED_ONLY,
    output_field=IntegerField(),
)
REVIEWABLE = Q(status=Status.SUCCEEDED, deleted_at=None, superseded_at=None, owner__isnull=False)
NOT_REVIEWED = REVIEWABLE & ~Q(label_by=Role.REVIEWER)
SAMPLED = NOT_REVIEWED & Q(review_sample=True)
TO_REVIEW = NOT_REVIEWED & (DISPUTED | ~Q(verdict=Verdict.DIGIT) | SURE_BY_LITTLE | Q(review_sample=True))

TERM_CHARS = 6  # the longest part of a reading that is a HistoryTerm; migration 0027 has it too
NEIGHBORS = 500  # as many as one user may have in flight: so far the order of keys may differ from that of times

# What lists filter by: an index has these columns, so that it skips what does not match without fetching rows.
LISTED = (
    "kept_bytes", "status", "verdict", "text", "written", "created_at", "deleted_at", "superseded_at"
)  # fmt: skip


@UUIDField.register_lookup
class Place(Transform):
    """The place of a UUID by a hash of it, spread evenly over all values of a bigint: the lowest 5% are a 5% sample."""

    lookup_name = "place"
    function = "uuid_hash_extended"
    template = "%(function)s(%(expressions)s, 0)"
    output_field = BigIntegerField()


def place_below(share: float) -> int:
    """Return the bound below which so large a share of all places is."""
    return int((share - 0.5) * 2**64)


# What a challenger may read in shadow: users' drawings alone, and never more than this share of them.
MOST_SHADOWED = 0.05
SHADOWED = Q(status=Status.SUCCEEDED, deleted_at=None, owner__isnull=False, id__place__lt=place_below(MOST_SHADOWED))


class HighestKey(Subquery):
    """The highest key of the rows of a queryset, or NULL."""

    template = "(SELECT max(found.key) FROM (%(subquery)s) AS found)"


class LowestKey(Subquery):
    """The lowest key of the rows of a queryset, or NULL."""

    template = "(SELECT min(found.key) FROM (%(subquery)s) AS found)"


class SubmissionQuerySet(ClaimableQuerySet["Submission"]):
    """Filters on submissions, to be chained: `.of(user).finished().newest_first()`."""

    def of(self, user: User) -> Self:
        """Filter submissions of `user` that are not deleted."""
        return self.filter(owner=user, deleted_at=None)

    def restorable_by(self, user: User) -> Self:
        """Filter submissions that `user` deleted recently enough to restore."""
        return self.filter(owner=user, deleted_at__gt=Now() - RESTORABLE_FOR)

    def of_guest(self, key: str) -> Self:
        """Filter submissions of the guest with this key, until they expire."""
        return self.filter(GUESTS, guest_key=key, deleted_at__gt=Now())

    def expired_guests(self) -> Self:
        """Filter submissions of guests that are past their time."""
        return self.filter(GUESTS, deleted_at__lte=Now())

    def current(self) -> Self:
        """Filter submissions that no newer reading of the same canvas has replaced."""
        return self.filter(superseded_at=None)

    def corrected(self) -> Self:
        """Filter submissions whose label differs from the reading; an empty label agrees with not_a_digit.

        A label with signs agrees with a reading whose digits and signs are the same.
        """
        return self.filter(CORRECTED)

    def reading(self, text: str) -> Self:
        """Filter submissions that were read as exactly `text`, or as digits with signs that are written so."""
        return self.filter(Q(text=text) | Q(written=text))

    def confirmed(self) -> Self:
        """Filter submissions that were read, and whose label agrees with the reading."""
        return self.filter(CONFIRMED)

    def untold(self) -> Self:
        """Filter submissions that were read, and of which nobody has said whether that is right."""
        return self.filter(UNTOLD)

    def sure(self) -> Self:
        return self.filter(verdict=Verdict.DIGIT)

    def not_sure(self) -> Self:
        """Filter submissions that were read, but not surely as a number."""
        return self.filter(NOT_SURE)

    def containing(self, text: str) -> Self:
        """Filter submissions of users in whose reading `text` occurs, unless it was read as not a digit."""
        rows = self
        for term in {text[:TERM_CHARS], text[-TERM_CHARS:]}:
            rows = rows._with_term(term)
        if len(text) > TERM_CHARS:
            rows = rows.filter(Q(text__contains=text) | Q(written__contains=text))
        return rows

    def unsure_for(self, reason: str) -> Self:
        """Filter submissions of users whose reading has this reason not to be sure."""
        return self._with_term(f"reason:{reason}")

    def _with_term(self, term: str) -> Self:
        """Filter submissions with a HistoryTerm. It is unique, so that the join repeats no row."""
        return self.filter(terms__owner=F("owner"), terms__term=term)

    def to_review(self) -> Self:
        """Filter submissions that wait for a reviewer in review mode; those of guests never do."""
        return self.filter(TO_REVIEW)

    def not_reviewed(self) -> Self:
        """Filter submissions of users that were read and that no reviewer has reviewed."""
        return self.filter(NOT_REVIEWED)

    def reviewable(self) -> Self:
        """Filter submissions of users that were read, whether or not anybody has reviewed them."""
        return self.filter(REVIEWABLE)

    def newest_first(self) -> Self:
        return self.order_by("-key")

    def newest(self, count: int, *others: Self) -> Self:
        """Return the newest `count` of these and `others`, chosen from an index before any row is fetched. One query.

        So the planner takes an index that has all that is filtered by, and never walks through rows of other users.
        """
        keys, *more = [rows.newest_first().values("key")[:count] for rows in (self, *others)]
        return (
            type(self)(self.model).filter(key__in=keys.union(*more, all=True) if more else keys).newest_first()[:count]
        )

    def near(self, own: Self, since: datetime | None = None, until: datetime | None = None) -> Self:
        """Filter rows by bounds of their keys, near those of the finished rows of `own` that were sent at these times.

        It replaces no filter by time, but makes it cost less, and may leave out unfinished rows. Nearly all keys are in
        the order of the times; NEIGHBORS allows for those of requests at the same time.
        """
        rows, sent = self, own.current().filter(finished_at__isnull=False)
        if since:
            rows = rows.filter(key__gte=LowestKey(_keys(sent.filter(created_at__gte=since).order_by("created_at"))))
        if until:
            rows = rows.filter(key__lte=HighestKey(_keys(sent.filter(created_at__lte=until).order_by("-created_at"))))
        return rows


def _keys(rows: SubmissionQuerySet) -> Any:
    return rows.values("key")[:NEIGHBORS]


class Submission(Claimable):
    """A drawing that was sent for recognition, and its state.

    `text`, `written`, `reasons` (codes), `verdict`, `confidence` and `label` are copies of the newest prediction and
    review, so that lists and filters touch one table. `expects` is the canonical form of an `ml.expects.Expectation`.
    `body_sha256` distinguishes a repeated PUT from another drawing; `kept_bytes` is the approximate size of the
    drawing. A deleted row is emptied and kept for a day, so that its id answers 410. A guest's row is stored with the
    time of its deletion, which is ahead: code that knows no guests takes it for deleted and shows it to nobody.
    `review_sample` is drawn by chance when a user's drawing arrives: what is known of these alone is unbiased.
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
                name="submission_confidence_is_a_chance",
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
            ),
        ]
        indexes = [
            models.Index(F("lane").desc(), F("key"), condition=Q(status__in=UNFINISHED), name="submission_queue"),
            models.Index(F("owner"), F("key").desc(), include=["kept_bytes"], name="submission_history"),
            models.Index(fields=["owner", "canvas"], condition=Q(canvas__isnull=False), name="submission_sheet"),
            models.Index(fields=["owner", "batch"], condition=Q(batch__isnull=False), name="submission_batch"),
            models.Index(fields=["owner"], condition=Q(status__in=UNFINISHED), name="submission_in_flight"),
            models.Index(
                fields=["deadline_at"],
                condition=Q(status=Status.QUEUED, deadline_at__isnull=False),
                name="submission_deadline",
            ),
            models.Index(
                MOST_URGENT_FIRST,
                F("key").desc(),
                condition=Q(deleted_at=None, superseded_at=None),
                name="submission_desk",
            ),
            models.Index(
                fields=["created_at"], condition=Q(deleted_at=None, superseded_at=None), name="submission_dates"
            ),
            models.Index(
                fields=["attempts"],
                condition=Q(status__in=UNFINISHED, attempts__gt=0),
                name="submission_tried",
            ),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="submission_deleted"),
            models.Index(
                fields=["superseded_at"], condition=Q(superseded_at__isnull=False), name="submission_superseded"
            ),
            models.Index(F("key").desc(), condition=Q(guest_key=Source.GOLDEN), name="submission_golden"),
            models.Index(REVIEW_ORDER, F("key").desc(), condition=TO_REVIEW, name="submission_to_review"),
            models.Index(fields=["key"], condition=SAMPLED, name="submission_sampled"),
            models.Index(fields=["created_at"], condition=Q(review_sample=True), name="submission_sample_dates"),
            models.Index(
                F("status"),
                F("key").desc(),
                condition=Q(status__in=[Status.FAILED, Status.CANCELED]),
                name="submission_not_read",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(label_by=Role.REVIEWER, deleted_at=None, superseded_at=None),
                name="submission_reviewed_dates",
            ),
            models.Index(
                F("owner"), F("created_at"), condition=REVIEWABLE, include=["source"], name="submission_read_dates"
            ),
            models.Index(
                F("owner"),
                F("key").desc(),
                condition=REVIEWABLE & Q(label__isnull=False),
                include=["text", "written", "verdict", "confidence", "label", "label_by"],
                name="submission_told",
            ),
            models.Index(fields=["finished_at"], condition=SHADOWED, name="submission_shadowed"),
            models.Index(F("owner"), F("key").desc(), include=LISTED, name="submission_lists"),
            models.Index(
                F("owner"),
                F("verdict"),
                F("key").desc(),
                condition=Q(verdict__in=[Verdict.UNSURE, Verdict.NOT_A_DIGIT]) & CURRENT,
                name="submission_by_verdict",
            ),
            models.Index(
                F("owner"),
                F("status"),
                F("key").desc(),
                condition=Q(status__in=[Status.FAILED, Status.CANCELED]) & CURRENT,
                name="submission_by_status",
            ),
            models.Index(F("owner"), F("key").desc(), condition=CORRECTED & CURRENT, name="submission_corrected"),
            models.Index(F("key").desc(), condition=DISPUTED & CURRENT, name="submission_disputed"),
            # What is finished, so that a row is written to them once, and not with each change of its status.
            models.Index(F("owner"), F("source"), F("key").desc(), condition=DONE, name="submission_by_source"),
            models.Index(F("owner"), F("created_at").desc(), include=["key"], condition=DONE, name="submission_by_day"),
            models.Index(*NEWEST, condition=Q(status=Status.SUCCEEDED) & CURRENT, name="submission_read"),
            models.Index(*NEWEST, condition=Q(verdict=Verdict.DIGIT) & CURRENT, name="submission_sure"),
            models.Index(*NEWEST, condition=NOT_SURE & CURRENT, name="submission_not_sure"),
            models.Index(*NEWEST, condition=CONFIRMED & CURRENT, name="submission_confirmed"),
            models.Index(*NEWEST, condition=UNTOLD & CURRENT, name="submission_untold"),
        ]

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
    """A client's key for one request, so that a retry finds the same submission or batch."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("owner"))
    key = models.CharField(_("key"), max_length=255)
    body_sha256 = models.CharField(_("SHA-256 of the body"), max_length=64)
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("submission")
    )
    batch = models.UUIDField(_("batch"), null=True)
    created_at = models.DateTimeField(_("sent at"), db_default=Now())

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotencykey_per_owner")]
        indexes = [models.Index(fields=["created_at"], name="idempotencykey_age")]

    def __str__(self) -> str:
        return self.key
