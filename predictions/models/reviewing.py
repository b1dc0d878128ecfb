"""Review mode: who has which drawing, what they sent, and which drawings are reviewed again or on request."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from ml.types import MAX_TEXT_CHARS
from predictions.models.readings import Review
from predictions.models.submissions import Submission


class ReviewLease(models.Model):
    """A drawing that one reviewer has in one tab, until then: nobody else is given it.

    holder: the tab. is_blind: given to be reviewed again, so that the reading stays hidden. No foreign key is enforced,
    since older code, which may run beside this one, deletes submissions and users without knowing this table; a lease
    that refers to nothing expires like any other.
    """

    submission = models.OneToOneField(
        Submission, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    reviewer = models.ForeignKey(User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    holder = models.UUIDField()
    lease_until = models.DateTimeField()
    is_blind = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"{self.submission_id} of {self.reviewer_id}"


class ReviewEntry(models.Model):
    """What a reviewer sent once in review mode: a review, or that they skip the drawing.

    key: of the client, so that what is sent again is recorded once, and can be undone whether or not it has arrived.
    Foreign keys are not enforced, as for a lease.
    """

    key = models.UUIDField(primary_key=True)
    submission = models.ForeignKey(
        Submission, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    reviewer = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    review = models.ForeignKey(
        Review, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    is_skip = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "review entries"
        indexes = [
            models.Index(
                fields=["reviewer", "submission"],
                condition=Q(is_skip=True, undone_at__isnull=True),
                name="reviewentry_skipped",
            ),
            models.Index(fields=["created_at"], name="reviewentry_age"),
        ]

    def __str__(self) -> str:
        return str(self.key)


class DoubleReview(models.Model):
    """A drawing that was chosen by chance to be reviewed by two people, and by a third if they disagree.

    Their reviews are like any other, so the newest, which is the label, is what both or the third say. Here is which of
    them were given without knowing the others.

    first, second, third: those that are not withdrawn, in order.
    waits_for: 2 or 3, the one that is missing; 0 if none is.
    is_agreed: whether two of them say the same.

    Foreign keys are not enforced, as for a lease.
    """

    submission = models.OneToOneField(
        Submission, primary_key=True, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    first = models.ForeignKey(
        Review, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    second = models.ForeignKey(
        Review, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    third = models.ForeignKey(
        Review, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    waits_for = models.PositiveSmallIntegerField(default=2)
    is_agreed = models.BooleanField(default=False)
    chosen_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["chosen_at"], name="doublereview_dates"),
            models.Index(fields=["chosen_at"], condition=Q(waits_for__gt=0), name="doublereview_waiting"),
            models.Index(fields=["chosen_at"], condition=Q(is_agreed=True), name="doublereview_agreed"),
        ]

    def __str__(self) -> str:
        return str(self.submission_id)


class KnownAnswer(models.Model):
    """What a reviewer said of a drawing that two others agree on. It is no review: it tells about the reviewer alone.

    key: of the ReviewEntry that it came with. truth: what the others said.

    Foreign keys are not enforced, as for a lease.
    """

    key = models.UUIDField(primary_key=True)
    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    reviewer = models.ForeignKey(User, on_delete=models.CASCADE, db_constraint=False, related_name="+")
    text = models.CharField(max_length=MAX_TEXT_CHARS, blank=True)
    truth = models.CharField(max_length=MAX_TEXT_CHARS, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "reviewer"], name="knownanswer_once")]
        indexes = [models.Index(fields=["created_at"], name="knownanswer_dates")]

    def __str__(self) -> str:
        return str(self.key)


class ReviewRequest(models.Model):
    """A drawing that somebody wants reviewed, whatever its verdict. Foreign keys are not enforced, as for a lease."""

    submission = models.OneToOneField(
        Submission, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    requested_by = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.submission_id)
