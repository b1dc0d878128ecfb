"""Index what one's own history is searched and filtered by, so that a long history costs no more than a short one.

Triggers keep the terms, since older code runs beside this one. The terms of rows that exist are added a few at a time;
their rows are locked meanwhile, so that no term is added of a reading that is just being deleted.
"""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

ROWS_AT_ONCE = 2_000
FUNCTIONS = """
CREATE FUNCTION predictions_terms(read text, written text, verdict text, reasons jsonb)
RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$  -- in SQL it would be planned anew for each reading, which takes 2 ms
DECLARE
    found text[] := '{}';
    shown text;
BEGIN
    IF verdict <> 'not_a_digit' THEN
        FOREACH shown IN ARRAY CASE WHEN written IN ('', read) THEN ARRAY[read] ELSE ARRAY[read, written] END LOOP
            FOR start IN 1..length(shown) LOOP
                FOR size IN 1..least(6, length(shown) - start + 1) LOOP
                    found := found || substr(shown, start, size);
                END LOOP;
            END LOOP;
        END LOOP;
    END IF;
    IF jsonb_typeof(reasons) = 'array' AND reasons <> '[]' THEN
        found := found || ARRAY(SELECT 'reason:' || reason FROM jsonb_array_elements_text(reasons) AS reason);
    END IF;
    RETURN found;
END
$$;
CREATE FUNCTION predictions_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.owner_id IS NOT NULL AND (OLD.text <> '' OR OLD.reasons IS NOT NULL) THEN
        DELETE FROM predictions_historyterm WHERE owner_id = OLD.owner_id AND submission_id = OLD.key
            AND term = ANY (predictions_terms(OLD.text, OLD.written, OLD.verdict, OLD.reasons));
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.owner_id IS NOT NULL THEN
        INSERT INTO predictions_historyterm (owner_id, term, submission_id)
            SELECT NEW.owner_id, term, NEW.key
            FROM unnest(predictions_terms(NEW.text, NEW.written, NEW.verdict, NEW.reasons)) AS term
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER terms_stored AFTER INSERT ON predictions_submission
    FOR EACH ROW WHEN (NEW.text <> '' OR NEW.reasons IS NOT NULL) EXECUTE FUNCTION predictions_keep_terms();
CREATE TRIGGER terms_changed AFTER UPDATE OF owner_id, text, written, verdict, reasons ON predictions_submission
    FOR EACH ROW WHEN ((OLD.owner_id, OLD.text, OLD.written, OLD.verdict, OLD.reasons)
        IS DISTINCT FROM (NEW.owner_id, NEW.text, NEW.written, NEW.verdict, NEW.reasons))
    EXECUTE FUNCTION predictions_keep_terms();
CREATE TRIGGER terms_deleted AFTER DELETE ON predictions_submission
    FOR EACH ROW WHEN (OLD.text <> '' OR OLD.reasons IS NOT NULL) EXECUTE FUNCTION predictions_keep_terms();
"""
NO_FUNCTIONS = """
DROP TRIGGER terms_stored ON predictions_submission;
DROP TRIGGER terms_changed ON predictions_submission;
DROP TRIGGER terms_deleted ON predictions_submission;
DROP FUNCTION predictions_keep_terms();
DROP FUNCTION predictions_terms(text, text, text, jsonb);
"""
ADD_TERMS = """
WITH read AS MATERIALIZED (
    SELECT owner_id, key, text, written, verdict, reasons FROM predictions_submission
    WHERE key > %s AND key <= %s AND owner_id IS NOT NULL AND (text <> '' OR reasons IS NOT NULL)
    FOR SHARE
)
INSERT INTO predictions_historyterm (owner_id, term, submission_id)
SELECT owner_id, term, key FROM read, unnest(predictions_terms(text, written, verdict, reasons)) AS term
ON CONFLICT DO NOTHING
"""
UNENFORCED: dict[str, Any] = {
    "db_constraint": False,
    "db_index": False,
    "on_delete": django.db.models.deletion.DO_NOTHING,
}
AGREED = Q(label=F("text")) | Q(label="", verdict="not_a_digit")
CURRENT = Q(deleted_at=None, superseded_at=None)
CONFIRMED = Q(label__isnull=False, status="succeeded") & (AGREED | (~Q(label="") & Q(label=F("written"))))
DONE = Q(finished_at__isnull=False) & CURRENT
NEWEST = (F("owner"), F("key").desc())
INDEXES = [
    models.Index(F("owner"), F("source"), F("key").desc(), condition=DONE, name="submission_by_source"),
    models.Index(F("owner"), F("created_at").desc(), include=["key"], condition=DONE, name="submission_by_day"),
    models.Index(*NEWEST, condition=Q(status="succeeded") & CURRENT, name="submission_read"),
    models.Index(*NEWEST, condition=Q(verdict="digit") & CURRENT, name="submission_sure"),
    models.Index(*NEWEST, condition=Q(verdict__in=["unsure", "not_a_digit"]) & CURRENT, name="submission_not_sure"),
    models.Index(*NEWEST, condition=CONFIRMED & CURRENT, name="submission_confirmed"),
    models.Index(*NEWEST, condition=Q(label__isnull=True, status="succeeded") & CURRENT, name="submission_untold"),
]


def add_terms(apps: Any, editor: Any) -> None:
    """Add the terms of the readings that exist, a few rows at a time."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(key), 0) FROM predictions_submission")
        last = cursor.fetchone()[0]
        for key in range(0, last, ROWS_AT_ONCE):
            cursor.execute(ADD_TERMS, [key, key + ROWS_AT_ONCE])


class Migration(migrations.Migration):
    atomic = False  # so that the indexes are built beside those who write
    dependencies = [
        ("predictions", "0026_indexes_of_filters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoryTerm",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "owner_id",
                        "term",
                        "submission_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("owner", models.ForeignKey(to=settings.AUTH_USER_MODEL, related_name="+", **UNENFORCED)),
                ("term", models.CharField(max_length=40)),
                ("submission", models.ForeignKey(to="predictions.submission", related_name="terms", **UNENFORCED)),
            ],
            options={"verbose_name": "term of a reading", "verbose_name_plural": "terms of readings"},
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunPython(add_terms, migrations.RunPython.noop),
        *(AddIndexConcurrently("submission", index) for index in INDEXES),
    ]
