"""A count of requests by second, and a notice to every web process whenever a token or a user changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

UNLOGGED = "ALTER TABLE accounts_requestcount SET UNLOGGED"
LOGGED = "ALTER TABLE accounts_requestcount SET LOGGED"
CREATE = """
CREATE FUNCTION accounts_notify_of_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('inkling_tokens', OLD.user_id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER notify AFTER DELETE OR UPDATE OF digest, expiry, user_id ON accounts_apitoken
    FOR EACH ROW EXECUTE FUNCTION accounts_notify_of_token();
CREATE FUNCTION accounts_notify_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('inkling_tokens', OLD.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER notify AFTER DELETE OR UPDATE OF is_active, is_staff, is_superuser, username, email ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_notify_of_user();
"""
DROP = """
DROP TRIGGER notify ON accounts_user;
DROP FUNCTION accounts_notify_of_user();
DROP TRIGGER notify ON accounts_apitoken;
DROP FUNCTION accounts_notify_of_token();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_append_only")]
    operations = [
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("second", models.BigIntegerField()),
                ("count", models.PositiveIntegerField()),
            ],
        ),
        migrations.RunSQL(UNLOGGED, LOGGED),
        migrations.RunSQL(CREATE, DROP),
    ]
