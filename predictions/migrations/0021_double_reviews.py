"""Add what second reviews, known drawings and the measures of ink need. Old code knows none of it.

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
CASCADING = UNENFORCED | {"on_delete": django.db.models.deletion.CASCADE}


def _review() -> Any:
    return models.ForeignKey(to="predictions.review", null=True, db_index=False, **UNENFORCED)


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0020_sample_dates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("prediction", "ink", models.JSONField(editable=False, null=True)),
        migrations.AddField("reviewlease", "is_blind", models.BooleanField(db_default=False, default=False)),
        migrations.CreateModel(
            name="DoubleReview",
            fields=[
                (
                    "submission",
                    models.OneToOneField(primary_key=True, serialize=False, to="predictions.submission", **CASCADING),
                ),
                ("first", _review()),
                ("second", _review()),
                ("third", _review()),
                ("waits_for", models.PositiveSmallIntegerField(default=2)),
                ("is_agreed", models.BooleanField(default=False)),
                ("chosen_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["chosen_at"], name="doublereview_dates"),
                    models.Index(
                        fields=["chosen_at"], condition=models.Q(waits_for__gt=0), name="doublereview_waiting"
                    ),
                    models.Index(fields=["chosen_at"], condition=models.Q(is_agreed=True), name="doublereview_agreed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="KnownAnswer",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("submission", models.ForeignKey(to="predictions.submission", db_index=False, **CASCADING)),
                ("reviewer", models.ForeignKey(to=settings.AUTH_USER_MODEL, **CASCADING)),
                ("text", models.CharField(blank=True, max_length=64)),
                ("truth", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["submission", "reviewer"], name="knownanswer_once")],
                "indexes": [models.Index(fields=["created_at"], name="knownanswer_dates")],
            },
        ),
    ]
