"""Let reviewers choose whether they see the reading before they answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_reads_live"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="reviews_blind",
            field=models.BooleanField(db_default=True, default=True, verbose_name="reviews without the reading"),
        ),
    ]
