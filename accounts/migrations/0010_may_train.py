"""Let users choose whether new drawings of theirs may train the models; off unless they say so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_reviews_blind"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="may_train",
            field=models.BooleanField(db_default=False, default=False, verbose_name="drawings may train models"),
        ),
    ]
