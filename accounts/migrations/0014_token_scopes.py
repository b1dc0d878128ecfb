"""Give tokens scopes; those that exist, and those that older code creates, may read and write."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_attempt_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="scopes",
            field=models.CharField(
                choices=[
                    ("read", "Read only"),
                    ("read write", "Read and write"),
                    ("read write review", "Read, write and review"),
                ],
                db_default="read write",
                default="read write",
                max_length=40,
                verbose_name="scopes",
            ),
        ),
    ]
