"""Errand becomes Job, in code only; comparisons become claimable; a job may name a prediction.

Code from before this migration may run beside newer code: it calls the table, its indexes and its constraints by
their old names, keeps the content type and permissions of `errand`, and inserts comparisons without the new columns,
whose defaults therefore stay in the database.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0008_long_histories"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("errand", "predictions_errand"),
                migrations.RenameModel("Errand", "Job"),
            ]
        ),
        migrations.AlterField(
            "comparison",
            "asked_at",
            models.DateTimeField(
                db_column="asked_at",
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                verbose_name="sent at",
            ),
        ),
        migrations.RenameField("comparison", "asked_at", "created_at"),
        migrations.AddField(
            model_name="comparison",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("succeeded", "Succeeded"),
                    ("failed", "Failed"),
                    ("canceled", "Canceled"),
                ],
                default="queued",
                db_default="queued",
                editable=False,
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AddField(
            model_name="comparison",
            name="error_code",
            field=models.CharField(
                blank=True,
                choices=[
                    ("blank", "There is nothing drawn here. Draw a digit and try again."),
                    ("unreadable", "This file could not be read as an image. Send a complete PNG, JPEG or WebP."),
                    ("too_large", "This image is too large. Send a smaller one."),
                    ("too_many_digits", "There are too many digits here. Send at most 16 at once."),
                    ("gave_up", "Reading this failed several times. Try again; if it fails again, tell us its id."),
                    ("deadline", "This was not read before the deadline that was asked for. Try again."),
                    ("no_model", "No model can be used right now. Try again later; the operator has been told."),
                ],
                default="",
                db_default="",
                editable=False,
                max_length=20,
                verbose_name="why it failed",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="comparison",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("canceled", "Canceled"),
                        ],
                        default="queued",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                migrations.AlterField(
                    model_name="comparison",
                    name="error_code",
                    field=models.CharField(
                        blank=True,
                        choices=[
                            ("blank", "There is nothing drawn here. Draw a digit and try again."),
                            (
                                "unreadable",
                                "This file could not be read as an image. Send a complete PNG, JPEG or WebP.",
                            ),
                            ("too_large", "This image is too large. Send a smaller one."),
                            ("too_many_digits", "There are too many digits here. Send at most 16 at once."),
                            (
                                "gave_up",
                                "Reading this failed several times. Try again; if it fails again, tell us its id.",
                            ),
                            ("deadline", "This was not read before the deadline that was asked for. Try again."),
                            (
                                "no_model",
                                "No model can be used right now. Try again later; the operator has been told.",
                            ),
                        ],
                        default="",
                        editable=False,
                        max_length=20,
                        verbose_name="why it failed",
                    ),
                ),
            ]
        ),
        migrations.AlterModelOptions(
            name="job",
            options={"verbose_name": "job", "verbose_name_plural": "jobs"},
        ),
        migrations.AlterModelOptions(
            name="workerseen",
            options={"verbose_name": "worker", "verbose_name_plural": "workers"},
        ),
        migrations.AddField(
            model_name="comparison",
            name="available_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="comparison",
            name="claim",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="comparison",
            name="queued_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="comparison",
            name="started_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="started at"),
        ),
        migrations.AddField(
            model_name="job",
            name="prediction",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to="predictions.prediction",
                verbose_name="prediction",
            ),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="finished_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="lease_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="drawing",
            name="image_type",
            field=models.CharField(blank=True, default="", max_length=20, verbose_name="image type"),
        ),
        migrations.AlterField(
            model_name="drawing",
            name="is_original",
            field=models.BooleanField(default=False, verbose_name="original file"),
        ),
        migrations.AlterField(
            model_name="job",
            name="asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="requested by",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="model_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="jobs",
                to="predictions.modelversion",
                verbose_name="model version",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="submission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to="predictions.submission",
                verbose_name="submission",
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="created_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="reviewed at"
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="is_digit",
            field=models.BooleanField(verbose_name="is a digit"),
        ),
        migrations.AlterField(
            model_name="submission",
            name="source",
            field=models.CharField(
                choices=[
                    ("draw", "drawn on the page"),
                    ("grid", "drawn in a grid"),
                    ("upload", "uploaded"),
                    ("paste", "pasted"),
                    ("camera", "taken by camera"),
                    ("api", "sent by a program"),
                    ("batch", "sent in a batch"),
                    ("golden", "our own health check"),
                ],
                default="api",
                max_length=10,
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="workerseen",
            name="trouble",
            field=models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="problem"),
        ),
        migrations.AlterField(
            model_name="review",
            name="role",
            field=models.CharField(
                choices=[("owner", "Owner"), ("desk", "Reviewer")], max_length=5, verbose_name="role"
            ),
        ),
        migrations.AlterField(
            model_name="submission",
            name="label_by",
            field=models.CharField(
                blank=True,
                choices=[("owner", "Owner"), ("desk", "Reviewer")],
                default="",
                max_length=5,
                verbose_name="origin of the label",
            ),
        ),
    ]
