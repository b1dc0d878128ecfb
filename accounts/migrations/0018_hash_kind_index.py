"""Find by which algorithm passwords are hashed without reading all users."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Left


class Migration(migrations.Migration):
    atomic = False  # or the index would block writers
    dependencies = [
        ("accounts", "0017_invitations"),
    ]

    operations = [AddIndexConcurrently("user", models.Index(Left("password", 6), name="user_hash_kind"))]
