"""Store exports of drawings, which older code knows nothing of. Foreign keys that it could break are not enforced."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0028_selections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "status",
                    models.CharField(
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
                ("claim", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="attempts")),
                (
                    "available_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "error_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("blank", "There is nothing drawn here. Draw a digit and try again."),
                            (
                                "unreadable",
                                "This file could not be read as an image. Send a complete PNG, JPEG or WebP.",
                            ),
                            ("too_large", "This image is too large. Send a smaller one."),
                            ("too_many_digits", "There are too many digits here. Send at most 32 at once."),
                            (
                                "gave_up",
                                "Reading this failed several times. Try again; if it fails again, tell us its id.",
                            ),
                            ("deadline", "This was not read before the requested deadline. Try again."),
                            (
                                "no_model",
                                "No model is available right now. Try again later; the operator has been notified.",
                            ),
                        ],
                        default="",
                        editable=False,
                        max_length=20,
                        verbose_name="why it failed",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="sent at"
                    ),
                ),
                (
                    "queued_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("started_at", models.DateTimeField(editable=False, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(editable=False, null=True, verbose_name="finished at")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("csv", "CSV table"),
                            ("xlsx", "Excel workbook"),
                            ("json", "JSON with strokes"),
                            ("png", "Pictures (zip)"),
                            ("everything", "Everything about me (zip)"),
                        ],
                        max_length=12,
                        verbose_name="format",
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, verbose_name="drawings")),
                ("done", models.PositiveIntegerField(default=0)),
                ("bytes", models.BigIntegerField(default=0, verbose_name="bytes")),
                ("limit_bytes", models.BigIntegerField()),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
            },
        ),
        migrations.CreateModel(
            name="ExportChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "export",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="predictions.export",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ExportPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("keys", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                (
                    "export",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="predictions.export",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                models.F("created_at"), condition=models.Q(("status__in", ("queued", "running"))), name="export_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                models.F("finished_at"), condition=models.Q(("finished_at__isnull", False)), name="export_finished"
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("claim__isnull", False), ("lease_until__isnull", False), ("status", "running")),
                    models.Q(
                        models.Q(("status", "running"), _negated=True),
                        ("claim__isnull", True),
                        ("lease_until__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="export_running_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "failed"), models.Q(("error_code", ""), _negated=True)),
                    models.Q(models.Q(("status", "failed"), _negated=True), ("error_code", "")),
                    _connector="OR",
                ),
                name="export_failed_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", False), ("status__in", ("succeeded", "failed", "canceled"))),
                    models.Q(("finished_at__isnull", True), ("status__in", ("queued", "running"))),
                    _connector="OR",
                ),
                name="export_finished_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("queued", "running"))),
                fields=("owner",),
                name="export_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="exportchunk",
            constraint=models.UniqueConstraint(fields=("export", "number"), name="exportchunk_number"),
        ),
        migrations.AddConstraint(
            model_name="exportpart",
            constraint=models.UniqueConstraint(fields=("export", "number"), name="exportpart_number"),
        ),
    ]
