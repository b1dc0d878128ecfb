"""Store what checks need of a comparison, and challengers with what they read. Old code knows none of it.

Shadow readings refer to others without a foreign key that could refuse what old code deletes: Postgres deletes them with
their submission.
"""

from typing import Any

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import predictions.models.submissions  # noqa: F401 - registers `place`

UNENFORCED: dict[str, Any] = {
    "db_constraint": False,
    "db_index": False,
    "on_delete": django.db.models.deletion.DO_NOTHING,
    "related_name": "+",
}
STATUSES = [
    ("queued", "Queued"),
    ("running", "Running"),
    ("succeeded", "Succeeded"),
    ("failed", "Failed"),
    ("canceled", "Canceled"),
]
ERRORS = [
    ("blank", "There is nothing drawn here. Draw a digit and try again."),
    ("unreadable", "This file could not be read as an image. Send a complete PNG, JPEG or WebP."),
    ("too_large", "This image is too large. Send a smaller one."),
    ("too_many_digits", "There are too many digits here. Send at most 32 at once."),
    ("gave_up", "Reading this failed several times. Try again; if it fails again, tell us its id."),
    ("deadline", "This was not read before the requested deadline. Try again."),
    ("no_model", "No model is available right now. Try again later; the operator has been notified."),
]
FINISHED = ("succeeded", "failed", "canceled")
LOWEST_5_PERCENT = -8301034833169298432


class Migration(migrations.Migration):
    atomic = False  # so that the index is built beside those who write
    dependencies = [("predictions", "0024_training_runs")]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="measures",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        AddIndexConcurrently(
            "submission",
            models.Index(
                fields=["finished_at"],
                condition=Q(status="succeeded", deleted_at=None, owner__isnull=False, id__place__lt=LOWEST_5_PERCENT),
                name="submission_shadowed",
            ),
        ),
        migrations.CreateModel(
            name="Challenger",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=STATUSES, default="queued", editable=False, max_length=10, verbose_name="status"
                    ),
                ),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="attempts")),
                ("available_at", models.DateTimeField(db_default=Now(), editable=False)),
                (
                    "error_code",
                    models.CharField(
                        blank=True,
                        choices=ERRORS,
                        default="",
                        editable=False,
                        max_length=20,
                        verbose_name="why it failed",
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=Now(), editable=False, verbose_name="sent at")),
                ("queued_at", models.DateTimeField(db_default=Now(), editable=False)),
                ("started_at", models.DateTimeField(editable=False, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(editable=False, null=True, verbose_name="finished at")),
                ("share", models.FloatField(default=0.05, verbose_name="share")),
                ("trouble", models.CharField(blank=True, default="", max_length=300)),
                (
                    "model_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="challengers",
                        to="predictions.modelversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "challenger",
                "verbose_name_plural": "challengers",
                "constraints": [
                    models.CheckConstraint(
                        name="challenger_running_is_claimed",
                        condition=Q(status="running", claim__isnull=False, lease_until__isnull=False)
                        | (~Q(status="running") & Q(claim__isnull=True, lease_until__isnull=True)),
                    ),
                    models.CheckConstraint(
                        name="challenger_failed_has_reason",
                        condition=(Q(status="failed") & ~Q(error_code="")) | (~Q(status="failed") & Q(error_code="")),
                    ),
                    models.CheckConstraint(
                        name="challenger_finished_has_time",
                        condition=Q(status__in=FINISHED, finished_at__isnull=False)
                        | Q(status__in=("queued", "running"), finished_at__isnull=True),
                    ),
                    models.CheckConstraint(name="challenger_share_is_small", condition=Q(share__gt=0, share__lte=0.05)),
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=Q(status__in=("queued", "running")),
                        name="challenger_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShadowReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("submission", models.ForeignKey(to="predictions.submission", **UNENFORCED)),
                ("model_version", models.ForeignKey(to="predictions.modelversion", **UNENFORCED)),
                ("text", models.CharField(blank=True, max_length=64)),
                ("written", models.CharField(blank=True, max_length=64)),
                ("verdict", models.CharField(max_length=12)),
                ("confidence", models.FloatField()),
                ("agrees", models.BooleanField()),
                ("elapsed_ms", models.FloatField()),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["submission", "model_version"], name="shadowreading_once_a_version")
                ],
                "indexes": [
                    models.Index(fields=["model_version", "agrees", "-created_at"], name="shadowreading_of_version"),
                    models.Index(fields=["created_at"], name="shadowreading_age"),
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE predictions_shadowreading ADD CONSTRAINT shadowreading_of_submission"
            " FOREIGN KEY (submission_id) REFERENCES predictions_submission (key) ON DELETE CASCADE",
            "ALTER TABLE predictions_shadowreading DROP CONSTRAINT shadowreading_of_submission",
        ),
    ]
