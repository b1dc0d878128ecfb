"""Index the whole random sample by date, reviewed or not: the page of accuracy reads it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # so that the index is built beside those who write
    dependencies = [("predictions", "0019_review_order")]

    operations = [
        migrations.AlterField(
            model_name="submission",
            name="review_sample",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name="in the random sample"
            ),
        ),
        AddIndexConcurrently(
            "submission",
            models.Index(fields=["created_at"], condition=models.Q(review_sample=True), name="submission_sample_dates"),
        ),
    ]
