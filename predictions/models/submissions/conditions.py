"""What is true of submissions, as conditions for their querysets and indexes, and the values these compare with."""

from datetime import UTC, datetime, timedelta

from django.db.models import BigIntegerField, Case, F, IntegerField, Q, TextChoices, Transform, UUIDField, When
from django.utils.translation import gettext_lazy as _

from ml.types import SIGNS, Verdict
from predictions.models.claimable import Status

RESTORABLE_FOR = timedelta(seconds=10)
GUESTS_KEPT_FOR = timedelta(hours=1)
HIDDEN_AT = datetime(9000, 1, 1, tzinfo=UTC)  # `superseded_at` of cells of sheets, which lists and counts leave out
AGREED = Q(label=F("text")) | Q(label="", verdict=Verdict.NOT_A_DIGIT)  # the label is what was read
SAYABLE = frozenset("0123456789" + SIGNS)  # what a person may say is written
GOLDEN_DIGIT = 7  # shown by the drawings that we send ourselves
CORRECTED = Q(label__isnull=False) & ~AGREED & ~(~Q(label="") & Q(label=F("written")))
UNTOLD = Q(label__isnull=True, status=Status.SUCCEEDED)
CONFIRMED = Q(label__isnull=False, status=Status.SUCCEEDED) & (AGREED | (~Q(label="") & Q(label=F("written"))))
CURRENT = Q(deleted_at=None, superseded_at=None)
DONE = Q(finished_at__isnull=False) & CURRENT
NOT_SURE = Q(verdict__in=[Verdict.UNSURE, Verdict.NOT_A_DIGIT])
NEWEST = (F("owner"), F("key").desc())  # of one user: an index in the order of the history
OWNED = Q(owner__isnull=False, guest_key="") | (Q(owner__isnull=True) & ~Q(guest_key=""))


class Source(TextChoices):
    """How a drawing was sent."""

    DRAW = "draw", _("drawn on the page")
    GRID = "grid", _("drawn in a grid")
    UPLOAD = "upload", _("uploaded")
    PASTE = "paste", _("pasted")
    CAMERA = "camera", _("taken by camera")
    API = "api", _("sent by a program")
    BATCH = "batch", _("sent in a batch")
    SHEET = "sheet", _("cell of a sheet")
    GOLDEN = "golden", _("our own health check")


class Role(TextChoices):
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
