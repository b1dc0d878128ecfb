"""Say where an act came from and whose account it concerns; and refuse to truncate the audit log too.

Older code leaves the new columns empty.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CREATE = """
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON accounts_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_is_append_only();
"""
DROP = "DROP TRIGGER never_truncated ON accounts_auditevent;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_token_scopes"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="about",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="about",
            ),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="address",
            field=models.GenericIPAddressField(null=True, verbose_name="address"),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="device",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="device"),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
