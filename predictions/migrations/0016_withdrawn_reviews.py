"""Let the owner of a submission take a review back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0014_artifact_sets"),
    ]

    operations = [
        migrations.AddField(
            model_name="review",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at"),
        ),
    ]
