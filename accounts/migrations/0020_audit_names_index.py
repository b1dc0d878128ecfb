"""Find the events that still have names without reading the whole audit log."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # or the index would block writers
    dependencies = [
        ("accounts", "0019_audit_without_names"),
    ]

    operations = [
        AddIndexConcurrently(
            "auditevent",
            models.Index(condition=models.Q(("is_pseudonymous", False)), fields=["id"], name="audit_with_names"),
        )
    ]
