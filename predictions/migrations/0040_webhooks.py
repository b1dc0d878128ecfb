"""Tell addresses of users what becomes of their sheets. Older code knows neither table and does not write to them."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0039_exports_of_sheets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("url", models.URLField(max_length=500, verbose_name="address")),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("sheet.read", "a sheet was read"),
                                ("sheet.confirmed", "all cells of a sheet were confirmed"),
                                ("test", "a test"),
                            ],
                            max_length=20,
                        ),
                        size=None,
                    ),
                ),
                ("encrypted_secret", models.TextField()),
                ("encrypted_former", models.TextField(blank=True, default="")),
                ("former_until", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("off_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
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
                            (
                                "bad_file",
                                "This file could not be read. Send a photograph (JPEG, PNG or WebP) or a PDF.",
                            ),
                            ("protected", "This PDF has a password. Save it without one, then send it again."),
                            (
                                "bad_photo",
                                "This photograph is not good enough to read. Take it again, with the whole page in view.",
                            ),
                            (
                                "no_table",
                                "No table was found here. Photograph the whole page from above, in even light.",
                            ),
                            (
                                "no_code",
                                "The code on this page can't be read. Take it again, with the code sharp and in view.",
                            ),
                            (
                                "foreign_code",
                                "This page belongs to none of your templates. Print one of yours and fill that in.",
                            ),
                            ("other_template", "This page is of another template. Send it as a sheet of its own."),
                            (
                                "too_many_pages",
                                "With this PDF, the sheet would have more than 20 pages. Split it into several sheets.",
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
                    "event",
                    models.CharField(
                        choices=[
                            ("sheet.read", "a sheet was read"),
                            ("sheet.confirmed", "all cells of a sheet were confirmed"),
                            ("test", "a test"),
                        ],
                        max_length=20,
                    ),
                ),
                ("body", models.TextField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("last_status", models.PositiveSmallIntegerField(null=True)),
                ("trouble", models.CharField(blank=True, default="", max_length=200)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="predictions.webhookendpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery of a webhook",
                "verbose_name_plural": "deliveries of webhooks",
            },
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.UniqueConstraint(fields=("owner", "url"), name="webhookendpoint_url"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                models.F("available_at"),
                condition=models.Q(("status__in", ("queued", "running"))),
                name="webhookdelivery_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                models.F("endpoint"),
                models.OrderBy(models.F("created_at"), descending=True),
                name="webhookdelivery_of_endpoint",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
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
                name="webhookdelivery_running_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "failed"), models.Q(("error_code", ""), _negated=True)),
                    models.Q(models.Q(("status", "failed"), _negated=True), ("error_code", "")),
                    _connector="OR",
                ),
                name="webhookdelivery_failed_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", False), ("status__in", ("succeeded", "failed", "canceled"))),
                    models.Q(("finished_at__isnull", True), ("status__in", ("queued", "running"))),
                    _connector="OR",
                ),
                name="webhookdelivery_finished_has_time",
            ),
        ),
    ]
