"""Let operators pause a webhook. Older code does not know the column, and stops at `off_at`, which a pause sets too.

Three fields get a name for people; nothing of that is stored.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "0040_webhooks")]

    operations = [
        migrations.AddField(
            model_name="webhookendpoint",
            name="paused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="event",
            field=models.CharField(
                choices=[
                    ("sheet.read", "a sheet was read"),
                    ("sheet.confirmed", "all cells of a sheet were confirmed"),
                    ("test", "a test"),
                ],
                max_length=20,
                verbose_name="event",
            ),
        ),
        migrations.AlterField(
            model_name="sheetpage",
            name="owner",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="webhookendpoint",
            name="owner",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
    ]
