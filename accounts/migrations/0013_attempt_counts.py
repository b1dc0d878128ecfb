"""Count attempts at passwords, tokens and forms for their limits. Unlogged: a crash may lose the counts."""

from django.db import migrations, models

UNLOGGED = "ALTER TABLE accounts_attemptcount SET UNLOGGED"
LOGGED = "ALTER TABLE accounts_attemptcount SET LOGGED"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_accented_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttemptCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("until", models.DateTimeField(db_index=True)),
                ("count", models.PositiveIntegerField()),
            ],
        ),
        migrations.RunSQL(UNLOGGED, LOGGED),
    ]
