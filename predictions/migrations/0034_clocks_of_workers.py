"""How far the clock of a worker is ahead of Postgres'. Older workers leave it as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "0033_scheduled_runs")]

    operations = [
        migrations.AddField(
            model_name="workerseen",
            name="clock_ahead_s",
            field=models.FloatField(editable=False, null=True, verbose_name="clock ahead by (s)"),
        ),
    ]
