"""Record what was deleted together, and what was requested to be read again. Old code knows neither.

The foreign keys are not enforced: old code deletes users and model versions without regard to these tables.
"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0027_history_terms"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Deletion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("count", models.PositiveIntegerField(default=0)),
                ("ended_at", models.DateTimeField(null=True)),
                ("restored_at", models.DateTimeField(null=True)),
                ("emptied_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "deletion",
                "verbose_name_plural": "deletions",
                "indexes": [
                    models.Index(
                        condition=models.Q(("emptied_at", None), ("restored_at", None)),
                        fields=["at"],
                        name="deletion_open",
                    ),
                    models.Index(fields=["at"], name="deletion_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "at"), name="deletion_at_a_time_of_its_own"),
                    models.CheckConstraint(
                        condition=models.Q(("restored_at", None), ("emptied_at", None), _connector="OR"),
                        name="deletion_is_undone_or_emptied",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReadAgainRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "jobs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("already_read", models.PositiveIntegerField(default=0)),
                ("not_readable", models.PositiveIntegerField(default=0)),
                ("rest", models.JSONField(null=True)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "model_version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="predictions.modelversion",
                        verbose_name="model version",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "request to read again",
                "verbose_name_plural": "requests to read again",
                "indexes": [
                    models.Index(
                        models.F("owner"),
                        models.OrderBy(models.F("asked_at"), descending=True),
                        name="readagain_newest",
                    ),
                    models.Index(fields=["asked_at"], name="readagain_age"),
                ],
            },
        ),
    ]
