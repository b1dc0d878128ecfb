"""Errands say by whose reading they stand, and in which lane they wait. Nothing made one before, so no row is filled."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

UNFINISHED = Q(status__in=("queued", "running"))


class Migration(migrations.Migration):
    dependencies = [("predictions", "0004_names_in_words")]
    operations = [
        migrations.AddField(
            "errand",
            "lane",
            models.CharField(
                choices=[("interactive", "Interactive"), ("bulk", "Bulk")], default="interactive", max_length=12
            ),
        ),
        migrations.AddField(
            "errand",
            "model_version",
            models.ForeignKey(
                default=None,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="errands",
                to="predictions.modelversion",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "errand",
            models.UniqueConstraint(fields=("submission", "kind", "model_version"), name="errand_once_a_model"),
        ),
        migrations.AddIndex(
            "errand", models.Index(F("lane").desc(), F("id"), condition=UNFINISHED, name="errand_queue")
        ),
        migrations.AddIndex("errand", models.Index(condition=UNFINISHED, fields=["asked_by"], name="errand_in_flight")),
    ]
