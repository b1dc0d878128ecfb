"""Find events of the audit log by person, action, target and address without reading all of it."""

from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower

INDEXES = [
    models.Index(fields=["actor", "-id"], name="audit_actor"),
    models.Index(fields=["about", "-id"], condition=models.Q(("about__isnull", False)), name="audit_about"),
    models.Index(fields=["action", "-at"], name="audit_action"),
    models.Index(fields=["address", "-at"], name="audit_address"),
    models.Index(OpClass(Lower("actor_name"), name="text_pattern_ops"), name="audit_actor_name"),
    models.Index(OpClass(Lower("target"), name="text_pattern_ops"), name="audit_target"),
]


class Migration(migrations.Migration):
    atomic = False  # or the indexes would block writers
    dependencies = [
        ("accounts", "0015_audit_origin"),
    ]

    operations = [AddIndexConcurrently("auditevent", index) for index in INDEXES]
