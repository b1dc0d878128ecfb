"""Store what gates need of a comparison. Old code knows nothing of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "0020_sample_dates")]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="measures",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
