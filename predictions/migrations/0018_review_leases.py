"""Add what review mode needs: leases, what reviewers sent, and the random sample. Old code knows none of it.

The new tables refer to others without a foreign key in the database, for old code deletes rows there.
"""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

UNENFORCED: dict[str, Any] = {
    "db_constraint": False,
    "on_delete": django.db.models.deletion.DO_NOTHING,
    "related_name": "+",
}


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0017_browser_artifacts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="review_sample",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name="ReviewLease",
            fields=[
                (
                    "submission",
                    models.OneToOneField(primary_key=True, serialize=False, to="predictions.submission", **UNENFORCED),
                ),
                ("reviewer", models.ForeignKey(to=settings.AUTH_USER_MODEL, **UNENFORCED)),
                ("holder", models.UUIDField()),
                ("lease_until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReviewEntry",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("submission", models.ForeignKey(to="predictions.submission", db_index=False, **UNENFORCED)),
                ("reviewer", models.ForeignKey(to=settings.AUTH_USER_MODEL, db_index=False, **UNENFORCED)),
                ("review", models.ForeignKey(to="predictions.review", db_index=False, null=True, **UNENFORCED)),
                ("is_skip", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("undone_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "review entries",
                "indexes": [
                    models.Index(
                        fields=["reviewer", "submission"],
                        condition=models.Q(is_skip=True, undone_at__isnull=True),
                        name="reviewentry_skipped",
                    ),
                    models.Index(fields=["created_at"], name="reviewentry_age"),
                ],
            },
        ),
    ]
