"""Widen texts to 64 characters, and let what was expected be part of what makes a prediction unique.

Widening a varchar changes only the catalog, but Postgres would rebuild an index over an expression of it under a lock.
So that index goes first, and comes back without blocking writers; until then the review queue is slower.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

DISPUTED = models.Q(label_by="owner") & ~(models.Q(label=models.F("text")) | models.Q(label="", verdict="not_a_digit"))
DOUBTFUL = models.Q(status="succeeded") & ~models.Q(verdict="digit") & ~models.Q(label_by="desk")
ONCE = models.UniqueConstraint(
    fields=["submission", "model_version", "preprocessing", "expects_sha256"], name="prediction_once_a_reading"
)
CREATE = """
CREATE UNIQUE INDEX CONCURRENTLY prediction_once_a_reading
ON predictions_prediction (submission_id, model_version_id, preprocessing, expects_sha256)
"""
DROP = "DROP INDEX CONCURRENTLY IF EXISTS prediction_once_a_reading"


class Migration(migrations.Migration):
    atomic = False  # so that indexes can be built concurrently
    dependencies = [("predictions", "0012_expectations")]
    operations = [
        RemoveIndexConcurrently("submission", "submission_desk"),
        migrations.AlterField("submission", "text", models.CharField(blank=True, default="", max_length=64)),
        migrations.AlterField(
            "submission",
            "label",
            models.CharField(blank=True, max_length=64, null=True, verbose_name="label"),
        ),
        migrations.AlterField("review", "text", models.CharField(blank=True, max_length=64, verbose_name="digits")),
        AddIndexConcurrently(
            "submission",
            models.Index(
                models.Case(
                    models.When(DISPUTED, then=0),
                    models.When(DOUBTFUL, then=1),
                    default=2,
                    output_field=models.IntegerField(),
                ),
                models.F("key").desc(),
                condition=models.Q(deleted_at=None, superseded_at=None),
                name="submission_desk",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(DROP, migrations.RunSQL.noop),
                migrations.RunSQL(CREATE.strip(), DROP),
            ],
            state_operations=[migrations.AddConstraint("prediction", ONCE)],
        ),
        migrations.RemoveConstraint("prediction", "prediction_once_a_model"),
    ]
