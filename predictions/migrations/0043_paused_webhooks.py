"""Let operators pause a webhook. Older code does not know the column, and stops at `off_at`, which a pause sets too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "0040_webhooks")]

    operations = [
        migrations.AddField(
            model_name="webhookendpoint",
            name="paused_at",
            field=models.DateTimeField(null=True),
        ),
    ]
