"""Keep names out of the audit log: what an event says of a person goes to a table that can be deleted.

Older code, which may run beside this, writes names as before; `accounts_audit_move_names` moves these, a few at a time.
It, and `accounts_audit_forget_origin` for an account that is gone, are the only ways past the trigger, which lets them
take names and origins away, and change nothing else. Whoever deletes a user, older code too, leaves a row that says so.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION accounts_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('inkling.moves_names', true) = 'on' THEN
        IF (NEW.id, NEW.at, NEW.action) = (OLD.id, OLD.at, OLD.action)
            AND (NEW.actor_id, NEW.about_id) IS NOT DISTINCT FROM (OLD.actor_id, OLD.about_id)
            AND (NEW.address IS NULL OR NEW.address = OLD.address) AND NEW.device IN ('', OLD.device)
            AND NEW.actor_name = '' AND NEW.is_pseudonymous
            AND (NEW.target IN ('', OLD.target) OR NEW.target ~ '^user:[0-9]+$')
            AND NEW.details - 'made_by' <@ OLD.details
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log can only be added to';
END $$;
"""
FORMER_GUARD = """
CREATE OR REPLACE FUNCTION accounts_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log can only be added to';
END $$;
"""
# `person`: whom the texts are about. Of accounts that are gone nothing is kept but the number.
MOVE = """
CREATE FUNCTION accounts_audit_move_names(after bigint, most integer, OUT moved integer, OUT last bigint)
LANGUAGE plpgsql AS $$
DECLARE
    personal CONSTANT text[] := ARRAY[
        'name', 'before', 'after', 'username', 'ip', 'filter', 'query', 'text', 'owner', 'made_by'];
BEGIN
    PERFORM set_config('inkling.moves_names', 'on', true);
    WITH old AS MATERIALIZED (
        SELECT id, action, target, details, about_id, actor_id, coalesce(about_id, actor_id) AS person
        FROM accounts_auditevent WHERE NOT is_pseudonymous AND id > after ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED
    ), known AS MATERIALIZED (
        SELECT old.*, subject.username AS name, subject.id IS NOT NULL AS is_there,
            actor_id IS NOT NULL AND acting.id IS NULL OR actor_id IS NULL AND about_id IS NOT NULL AND subject.id IS NULL
                AS is_origin_gone,
            action ~ '^(submissions?|model|lane|group|reviewed_set|token)[.]' AS is_of_things,
            action ~ '^(email|filter|session|invitation)[.]' AS is_of_texts,
            (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(old.details)
                WHERE key = ANY (personal) AND key NOT IN ('owner', 'made_by')) AS told,
            (SELECT 'user:' || maker.id FROM accounts_user maker WHERE maker.username = old.details ->> 'made_by') AS maker
        FROM old
        LEFT JOIN accounts_user subject ON subject.id = person
        LEFT JOIN accounts_user acting ON acting.id = actor_id
    ), split AS MATERIALIZED (
        SELECT *, CASE
            WHEN target = '' OR is_of_things AND target IS DISTINCT FROM name THEN target
            WHEN is_of_texts OR person IS NULL OR is_there AND target <> name THEN ''
            ELSE 'user:' || person
        END AS kept
        FROM known
    ), texts AS (
        INSERT INTO accounts_audittext (event_id, person, target, details)
        SELECT id, person, CASE WHEN kept = '' THEN target ELSE '' END, told FROM split
        WHERE (is_there OR person IS NULL) AND (told <> '{}' OR kept = '' AND target <> '')
        ON CONFLICT (event_id) DO NOTHING
    ), changed AS (
        UPDATE accounts_auditevent event SET
            actor_name = '',
            target = kept,
            details = event.details - personal
                || CASE WHEN maker IS NULL THEN '{}' ELSE jsonb_build_object('made_by', maker) END,
            address = CASE WHEN is_origin_gone THEN NULL ELSE event.address END,
            device = CASE WHEN is_origin_gone THEN '' ELSE event.device END,
            is_pseudonymous = true
        FROM split WHERE event.id = split.id RETURNING event.id
    )
    SELECT count(*), max(id) INTO moved, last FROM changed;
    PERFORM set_config('inkling.moves_names', '', true);
END $$;
"""
FORGET = """
CREATE FUNCTION accounts_audit_forget_origin(person bigint, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    forgotten integer;
BEGIN
    PERFORM set_config('inkling.moves_names', 'on', true);
    UPDATE accounts_auditevent SET address = NULL, device = '' WHERE id IN (
        SELECT id FROM accounts_auditevent
        WHERE is_pseudonymous AND (address IS NOT NULL OR device <> '')
            AND (actor_id = person OR about_id = person AND actor_id IS NULL)
        LIMIT most
    );
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    PERFORM set_config('inkling.moves_names', '', true);
    RETURN forgotten;
END $$;
"""
GONE = """
CREATE FUNCTION accounts_user_is_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_accountdeletion (number) VALUES (OLD.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER is_gone AFTER DELETE ON accounts_user FOR EACH ROW EXECUTE FUNCTION accounts_user_is_gone();
"""
DROP = """
DROP TRIGGER is_gone ON accounts_user;
DROP FUNCTION accounts_user_is_gone();
DROP FUNCTION accounts_audit_forget_origin(bigint, integer);
DROP FUNCTION accounts_audit_move_names(bigint, integer);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_hash_kind_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountDeletion",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("alias", models.BigIntegerField(null=True)),
                ("mail", models.BigIntegerField(null=True)),
                ("begun_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_until", models.DateTimeField(null=True)),
                ("emptied_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="AuditText",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.auditevent",
                    ),
                ),
                ("person", models.BigIntegerField(db_index=True, null=True)),
                ("target", models.CharField(blank=True, default="", max_length=200)),
                ("details", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.AddIndex(
            model_name="audittext",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Lower("target"), name="text_pattern_ops"
                ),
                name="audittext_target",
            ),
        ),
        migrations.AddIndex(
            model_name="audittext",
            index=models.Index(
                condition=models.Q(("details__has_key", "filter"), ("details__has_key", "query"), _connector="OR"),
                fields=["event"],
                name="audittext_of_lists",
            ),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="is_pseudonymous",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunSQL([GUARD, MOVE, FORGET, GONE], [DROP, FORMER_GUARD]),
    ]
