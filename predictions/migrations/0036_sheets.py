"""Store templates, sheets, their pages and cells, and which submissions are cells. Older code knows nothing of them."""

import uuid

import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0035_in_flight_of_owners"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SheetPage",
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
                ("number", models.PositiveIntegerField(verbose_name="page")),
                ("template_page", models.PositiveIntegerField(null=True)),
                ("copy", models.PositiveIntegerField(default=0)),
                ("quality", models.JSONField(null=True)),
                ("table", models.JSONField(null=True)),
                ("width_px", models.PositiveIntegerField(null=True)),
                ("height_px", models.PositiveIntegerField(null=True)),
                ("kept_bytes", models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                "verbose_name": "page of a sheet",
                "verbose_name_plural": "pages of sheets",
            },
        ),
        migrations.CreateModel(
            name="Sheet",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("title", models.CharField(blank=True, default="", max_length=80, verbose_name="title")),
                ("is_demo", models.BooleanField(default=False, editable=False)),
                ("threshold", models.FloatField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="sent at"
                    ),
                ),
                ("settled_at", models.DateTimeField(editable=False, null=True, verbose_name="read at")),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
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
                "verbose_name": "sheet",
                "verbose_name_plural": "sheets",
            },
        ),
        migrations.CreateModel(
            name="PageFile",
            fields=[
                (
                    "page",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="predictions.sheetpage",
                    ),
                ),
                ("data", models.BinaryField(null=True)),
                ("content_type", models.CharField(max_length=20)),
                ("picture", models.BinaryField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="sheetpage",
            name="sheet",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pages",
                to="predictions.sheet",
                verbose_name="sheet",
            ),
        ),
        migrations.AddField(
            model_name="sheetpage",
            name="owner",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="sheet",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="predictions.sheet",
                verbose_name="sheet",
            ),
        ),
        migrations.CreateModel(
            name="SheetCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.PositiveIntegerField()),
                ("column", models.PositiveIntegerField()),
                ("x", models.FloatField()),
                ("y", models.FloatField()),
                ("width", models.FloatField()),
                ("height", models.FloatField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("written", "written"),
                            ("empty", "empty"),
                            ("crossed_out", "crossed out"),
                            ("ditto", "as above"),
                            ("not_read", "not read"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("image", models.BinaryField(null=True)),
                ("text", models.CharField(blank=True, default="", max_length=64, verbose_name="value")),
                ("read_text", models.CharField(blank=True, default="", max_length=64, verbose_name="reading")),
                ("confidence", models.FloatField(null=True, verbose_name="confidence")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("read", "read"),
                            ("sum", "chosen so that the totals add up"),
                            ("ditto", "as above"),
                            ("person", "typed"),
                        ],
                        default="read",
                        max_length=8,
                        verbose_name="origin",
                    ),
                ),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed at")),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cells",
                        to="predictions.sheetpage",
                    ),
                ),
                (
                    "submission",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="cell",
                        to="predictions.submission",
                    ),
                ),
            ],
            options={
                "verbose_name": "cell",
                "verbose_name_plural": "cells",
            },
        ),
        migrations.CreateModel(
            name="CellChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "cell",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="predictions.sheetcell"
                    ),
                ),
            ],
            options={
                "verbose_name": "change of a cell",
                "verbose_name_plural": "changes of cells",
            },
        ),
        migrations.CreateModel(
            name="SheetTemplate",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("family", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                (
                    "kind",
                    models.CharField(
                        choices=[("printed", "printed by us"), ("ruled", "your own table")],
                        default="printed",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="title")),
                ("form", models.JSONField()),
                ("table", models.JSONField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="made at"
                    ),
                ),
                ("archived_at", models.DateTimeField(editable=False, null=True, verbose_name="archived at")),
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
                "verbose_name": "template",
                "verbose_name_plural": "templates",
            },
        ),
        migrations.AddField(
            model_name="sheet",
            name="template",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="predictions.sheettemplate",
                verbose_name="template",
            ),
        ),
        migrations.AddIndex(
            model_name="pagefile",
            index=models.Index(condition=models.Q(("data__isnull", False)), fields=["page"], name="pagefile_original"),
        ),
        migrations.AddIndex(
            model_name="sheetpage",
            index=models.Index(
                models.F("owner"), models.OrderBy(models.F("started_at"), descending=True), name="sheetpage_turns"
            ),
        ),
        migrations.AddIndex(
            model_name="sheetpage",
            index=models.Index(
                models.F("created_at"),
                condition=models.Q(("status__in", ("queued", "running"))),
                name="sheetpage_queue",
            ),
        ),
        migrations.AddConstraint(
            model_name="sheetpage",
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
                name="sheetpage_running_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="sheetpage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "failed"), models.Q(("error_code", ""), _negated=True)),
                    models.Q(models.Q(("status", "failed"), _negated=True), ("error_code", "")),
                    _connector="OR",
                ),
                name="sheetpage_failed_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="sheetpage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", False), ("status__in", ("succeeded", "failed", "canceled"))),
                    models.Q(("finished_at__isnull", True), ("status__in", ("queued", "running"))),
                    _connector="OR",
                ),
                name="sheetpage_finished_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="sheetpage",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("sheet", "number"),
                name="sheetpage_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="sheetcell",
            constraint=models.UniqueConstraint(fields=("page", "row", "column"), name="sheetcell_place"),
        ),
        migrations.AddConstraint(
            model_name="sheetcell",
            constraint=models.CheckConstraint(
                condition=models.Q(("confirmed_at__isnull", False), ("confirmed_by", None), _connector="OR"),
                name="sheetcell_confirmed_at",
            ),
        ),
        migrations.AddIndex(
            model_name="sheettemplate",
            index=models.Index(
                models.F("owner"),
                models.OrderBy(models.F("created_at"), descending=True),
                name="sheettemplate_of_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="sheettemplate",
            constraint=models.UniqueConstraint(fields=("family", "version"), name="sheettemplate_version"),
        ),
        migrations.AddIndex(
            model_name="sheet",
            index=models.Index(
                models.F("owner"), models.OrderBy(models.F("created_at"), descending=True), name="sheet_of_owner"
            ),
        ),
        migrations.AddIndex(
            model_name="sheet",
            index=models.Index(condition=models.Q(("settled_at", None)), fields=["created_at"], name="sheet_unsettled"),
        ),
        migrations.AddIndex(
            model_name="sheet",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)), fields=["deleted_at"], name="sheet_deleted"
            ),
        ),
    ]
