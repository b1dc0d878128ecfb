"""Review mode: which reviewer has which drawing, what each of them sent, and which drawings somebody asks for."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from predictions.models.readings import Review
from predictions.models.submissions import Submission


class ReviewLease(models.Model):
    """A drawing that one reviewer has in one tab, until then: nobody else is given it.

    holder: the tab. No foreign key is enforced, since older code, which may run beside this one, deletes submissions
    and users without knowing this table; a lease that refers to nothing expires like any other.
    """

    submission = models.OneToOneField(
        Submission, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    reviewer = models.ForeignKey(User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    holder = models.UUIDField()
    lease_until = models.DateTimeField()

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
