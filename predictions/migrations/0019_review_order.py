"""Index the drawings that wait for a reviewer, in the order of review mode, and those of the random sample."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Case, F, Q, When

AGREED = Q(label=F("text")) | Q(label="", verdict="not_a_digit")
DISPUTED = Q(label_by="owner") & ~AGREED
SURE_BY_LITTLE = Q(verdict="digit", confidence__lt=0.95)
NOT_REVIEWED = Q(status="succeeded", deleted_at=None, superseded_at=None, owner__isnull=False) & ~Q(label_by="desk")


class Migration(migrations.Migration):
    atomic = False  # so that the indexes are built beside those who write
    dependencies = [("predictions", "0018_review_leases")]

    operations = [
        AddIndexConcurrently(
            "submission",
            models.Index(
                Case(
                    When(DISPUTED, then=0),
                    When(verdict="unsure", then=1),
                    When(SURE_BY_LITTLE, then=2),
                    When(verdict="not_a_digit", then=3),
                    default=4,
                    output_field=models.IntegerField(),
                ),
                F("key").desc(),
                condition=NOT_REVIEWED & (DISPUTED | ~Q(verdict="digit") | SURE_BY_LITTLE | Q(review_sample=True)),
                name="submission_to_review",
            ),
        ),
        AddIndexConcurrently(
            "submission",
            models.Index(fields=["key"], condition=NOT_REVIEWED & Q(review_sample=True), name="submission_sampled"),
        ),
    ]
