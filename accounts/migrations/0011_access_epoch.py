"""Count how often all sessions of a user were ended; 0 keeps those of older code valid."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_may_train"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="access_epoch",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
