"""Store how scheduled tasks went, of which older code knows nothing, and vacuum the queue's tables often.

Each reading leaves two dead rows in the table of submissions, and their entries in the index of the queue. By Postgres'
default a vacuum would come when a fifth of all rows is dead: 200,000 of a million. These settings take no lock that
readers or writers wait for.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SETTINGS = {
    "autovacuum_vacuum_scale_factor": 0.01,
    "autovacuum_vacuum_threshold": 5_000,
    "autovacuum_analyze_scale_factor": 0.02,
    "autovacuum_vacuum_insert_scale_factor": 0.05,
    "autovacuum_vacuum_cost_delay": 1,
}
TABLES = ("predictions_submission", "predictions_drawing", "predictions_errand")


def alter(table: str) -> migrations.RunSQL:
    """Return the operation that gives a table these settings."""
    values = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    return migrations.RunSQL(
        f"ALTER TABLE {table} SET ({values})", f"ALTER TABLE {table} RESET ({', '.join(SETTINGS)})"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0031_former_reviewers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ScheduledRun",
            fields=[
                (
                    "name",
                    models.CharField(
                        choices=[
                            ("unfinished", "Put back what dead workers held, and fail what cannot be read"),
                            ("golden", "Send our own test digit"),
                            ("guests", "Delete drawings of guests after an hour"),
                            ("deleted_drawings", "Empty deleted drawings, and delete their rows after a day"),
                            ("superseded", "Delete replaced drawings and old test digits"),
                            ("old_drawings", "Delete drawings older than RETENTION_DAYS"),
                            ("accounts", "Finish the deletion of accounts"),
                            ("audit_names", "Move names out of the audit log"),
                            ("exports", "Delete expired exports"),
                            ("counts", "Delete counts for limits"),
                            ("sessions", "Delete expired sessions"),
                            ("keys", "Delete old idempotency keys, expired tokens and invitations"),
                            ("mail", "Delete old mail"),
                            ("remains", "Delete what is kept for some days"),
                            ("retraining", "Start a training run if it is due"),
                        ],
                        max_length=30,
                        primary_key=True,
                        serialize=False,
                        verbose_name="task",
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="due"),
                ),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("attempts", models.PositiveIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("started_at", models.DateTimeField(null=True, verbose_name="last started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="last finished")),
                ("took_ms", models.PositiveIntegerField(null=True, verbose_name="milliseconds")),
                ("done", models.PositiveIntegerField(db_default=0, default=0, verbose_name="rows")),
                ("total", models.PositiveBigIntegerField(db_default=0, default=0, verbose_name="rows of all runs")),
                (
                    "error",
                    models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="error"),
                ),
                ("failed_at", models.DateTimeField(null=True, verbose_name="last failed")),
                ("asked_at", models.DateTimeField(null=True, verbose_name="asked for")),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked for by",
                    ),
                ),
            ],
            options={
                "verbose_name": "scheduled task",
                "verbose_name_plural": "scheduled tasks",
            },
        ),
        *(alter(table) for table in TABLES),
    ]
