"""Add what the start page of the admin and its lists need: paused lanes, requested reviews, and saved filters.

Old code knows none of it. The new tables refer to others without a foreign key in the database, for old code deletes
rows there.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.deletion import CASCADE, DO_NOTHING, SET_NULL
from django.db.models.functions import Now

UNENFORCED: dict[str, Any] = {"db_constraint": False, "related_name": "+"}
LANES = [
    ("interactive", "Single drawings"),
    ("bulk", "Drawings in bulk"),
    ("anonymous", "Drawings of guests"),
    ("jobs", "Explanations and new readings"),
    ("comparisons", "Comparisons of models"),
]


class Migration(migrations.Migration):
    atomic = False  # so that the index is built beside those who write
    dependencies = [
        ("predictions", "0020_sample_dates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            "submission",
            models.Index(
                fields=["created_at"],
                condition=models.Q(label_by="desk", deleted_at=None, superseded_at=None),
                name="submission_reviewed_dates",
            ),
        ),
        migrations.AlterModelOptions(
            name="submission",
            options={
                "permissions": [("export_submission", "Can export submissions")],
                "verbose_name": "submission",
                "verbose_name_plural": "submissions",
            },
        ),
        migrations.CreateModel(
            name="PausedLane",
            fields=[
                (
                    "lane",
                    models.CharField(
                        choices=LANES, max_length=12, primary_key=True, serialize=False, verbose_name="lane"
                    ),
                ),
                ("paused_at", models.DateTimeField(db_default=Now(), verbose_name="paused at")),
                (
                    "paused_by",
                    models.ForeignKey(
                        to=settings.AUTH_USER_MODEL,
                        null=True,
                        db_index=False,
                        on_delete=SET_NULL,
                        verbose_name="paused by",
                        **UNENFORCED,
                    ),
                ),
            ],
            options={"verbose_name": "paused lane", "verbose_name_plural": "paused lanes"},
        ),
        migrations.CreateModel(
            name="ReviewRequest",
            fields=[
                (
                    "submission",
                    models.OneToOneField(
                        to="predictions.submission",
                        primary_key=True,
                        serialize=False,
                        on_delete=DO_NOTHING,
                        **UNENFORCED,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        to=settings.AUTH_USER_MODEL, null=True, db_index=False, on_delete=DO_NOTHING, **UNENFORCED
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=1_000)),
                ("is_shared", models.BooleanField(default=False, verbose_name="shared")),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "owner",
                    models.ForeignKey(
                        to=settings.AUTH_USER_MODEL, on_delete=CASCADE, verbose_name="owner", **UNENFORCED
                    ),
                ),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "table", "name"), name="savedfilter_name_per_owner")
                ],
            },
        ),
    ]
