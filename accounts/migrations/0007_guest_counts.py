"""Add a count of the drawings of guests, by session and by address. Older code does not know the table."""

from django.db import migrations, models

UNLOGGED = "ALTER TABLE accounts_guestcount SET UNLOGGED"
LOGGED = "ALTER TABLE accounts_guestcount SET LOGGED"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_audit_column_names")]

    operations = [
        migrations.CreateModel(
            name="GuestCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("minute", models.BigIntegerField()),
                ("count", models.PositiveIntegerField()),
            ],
        ),
        migrations.RunSQL(UNLOGGED, LOGGED),
    ]
