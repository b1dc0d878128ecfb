"""An explanation belongs to a prediction: a submission may have several by one model, each prediction at most one.

Jobs of code from before migration 0009 name no prediction; for them the former rule still holds.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def add_unique_index(constraint, columns, condition):
    """Add a unique constraint of jobs as an index that is built without blocking writers."""
    create = f"CREATE UNIQUE INDEX CONCURRENTLY {constraint.name} ON predictions_errand ({columns}) WHERE {condition}"
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {constraint.name}"
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(drop, drop), migrations.RunSQL(create, migrations.RunSQL.noop)],
        state_operations=[migrations.AddConstraint("job", constraint)],
    )


class Migration(migrations.Migration):
    atomic = False  # so that indexes can be built concurrently
    dependencies = [("predictions", "0009_jobs")]
    operations = [
        add_unique_index(
            models.UniqueConstraint(
                fields=["submission", "kind", "model_version"],
                condition=models.Q(prediction__isnull=True),
                name="errand_once_a_reading",
            ),
            "submission_id, kind, model_version_id",
            "prediction_id IS NULL",
        ),
        add_unique_index(
            models.UniqueConstraint(
                fields=["prediction"], condition=models.Q(kind="explain"), name="errand_once_explained"
            ),
            "prediction_id",
            "kind = 'explain'",
        ),
        AddIndexConcurrently(
            "job",
            models.Index(fields=["prediction"], condition=models.Q(prediction__isnull=False), name="errand_prediction"),
        ),
        migrations.RemoveConstraint("job", "errand_once_a_model"),
    ]
