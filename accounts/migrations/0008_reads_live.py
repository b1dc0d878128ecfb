"""Let users turn off that a drawing is read by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_audit_column_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="reads_live",
            field=models.BooleanField(db_default=True, default=True, verbose_name="read while drawing"),
        ),
    ]
