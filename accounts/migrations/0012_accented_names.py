"""Find the few names with accents by an index: a new name must not look like one of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_access_epoch"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("username__regex", "[^ -~]")), fields=["username"], name="user_accented_name"
            ),
        ),
    ]
