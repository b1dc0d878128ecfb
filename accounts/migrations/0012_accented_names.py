"""Find the few names with accents by an index: a new name must not look like one of them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # or the index would block writers
    dependencies = [
        ("accounts", "0011_access_epoch"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                condition=models.Q(("username__regex", "[^ -~]")), fields=["username"], name="user_accented_name"
            ),
        ),
    ]
