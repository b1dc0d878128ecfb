"""Add the lane of guests, which sorts after the others. No SQL: older code takes it for one more lane."""

from django.db import migrations, models

LANES = [("interactive", "Interactive"), ("bulk", "Bulk"), ("anonymous", "Guest")]


class Migration(migrations.Migration):
    dependencies = [("predictions", "0014_artifact_sets")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name="lane",
            field=models.CharField(choices=LANES, default="interactive", max_length=12),
        )
        for model in ("job", "submission")
    ]
