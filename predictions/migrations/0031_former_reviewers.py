"""Let reviews keep a number once their reviewer's account is deleted, that tells these reviewers apart and nothing else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_move_audit_names"),
        ("predictions", "0030_indexes_of_statistics"),
    ]

    operations = [
        migrations.AddField(
            model_name="review",
            name="former_reviewer",
            field=models.BigIntegerField(editable=False, null=True),
        ),
    ]
