"""Keep the cells of sheets out of what lists, counts and searches read, and say why the page of a sheet failed.

Older code shows no cells either: they are stored as superseded. It counts what a user has in flight by the new index,
and takes cells for drawings there. The function of the triggers is replaced, so that cells get no terms of the history.
"""

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.models import F, Q

ERROR_CODES = [
    ("blank", "There is nothing drawn here. Draw a digit and try again."),
    ("unreadable", "This file could not be read as an image. Send a complete PNG, JPEG or WebP."),
    ("too_large", "This image is too large. Send a smaller one."),
    ("too_many_digits", "There are too many digits here. Send at most 32 at once."),
    ("gave_up", "Reading this failed several times. Try again; if it fails again, tell us its id."),
    ("deadline", "This was not read before the requested deadline. Try again."),
    ("no_model", "No model is available right now. Try again later; the operator has been notified."),
    ("bad_file", "This file could not be read. Send a photograph (JPEG, PNG or WebP) or a PDF."),
    ("protected", "This PDF has a password. Save it without one, then send it again."),
    ("bad_photo", "This photograph is not good enough to read. Take it again, with the whole page in view."),
    ("no_table", "No table was found here. Photograph the whole page from above, in even light."),
    ("no_code", "The code on this page can't be read. Take it again, with the code sharp and in view."),
    ("foreign_code", "This page belongs to none of your templates. Print one of yours and fill that in."),
    ("other_template", "This page is of another template. Send it as a sheet of its own."),
    ("too_many_pages", "With this PDF, the sheet would have more than 20 pages. Split it into several sheets."),
]
KEEP_TERMS = """
CREATE OR REPLACE FUNCTION predictions_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.owner_id IS NOT NULL AND (OLD.text <> '' OR OLD.reasons IS NOT NULL){old} THEN
        DELETE FROM predictions_historyterm WHERE owner_id = OLD.owner_id AND submission_id = OLD.key
            AND term = ANY (predictions_terms(OLD.text, OLD.written, OLD.verdict, OLD.reasons));
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.owner_id IS NOT NULL{new} THEN
        INSERT INTO predictions_historyterm (owner_id, term, submission_id)
            SELECT NEW.owner_id, term, NEW.key
            FROM unnest(predictions_terms(NEW.text, NEW.written, NEW.verdict, NEW.reasons)) AS term
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    atomic = False  # so that the indexes are built beside those who write
    dependencies = [("predictions", "0036_sheets")]

    operations = [
        AddIndexConcurrently(
            "submission",
            models.Index(
                fields=["owner", "sheet"],
                condition=Q(status__in=["queued", "running"], owner__isnull=False),
                name="submission_unfinished_of",
            ),
        ),
        RemoveIndexConcurrently("submission", "submission_owner_in_flight"),
        AddIndexConcurrently(
            "submission",
            models.Index(
                F("owner"),
                F("key").desc(),
                include=["kept_bytes", "status", "verdict", "text", "written", "created_at"],
                condition=Q(deleted_at=None, superseded_at=None),
                name="submission_listed",
            ),
        ),
        RemoveIndexConcurrently("submission", "submission_lists"),
        AddConstraintNotValid(
            "submission",
            models.CheckConstraint(
                condition=Q(sheet=None) | Q(superseded_at__isnull=False), name="submission_cell_is_hidden"
            ),
        ),
        ValidateConstraint("submission", "submission_cell_is_hidden"),
        migrations.RunSQL(
            KEEP_TERMS.format(old=" AND OLD.sheet_id IS NULL", new=" AND NEW.sheet_id IS NULL"),
            KEEP_TERMS.format(old="", new=""),
        ),
        migrations.AlterField(
            "submission",
            "source",
            models.CharField(
                choices=[
                    ("draw", "drawn on the page"),
                    ("grid", "drawn in a grid"),
                    ("upload", "uploaded"),
                    ("paste", "pasted"),
                    ("camera", "taken by camera"),
                    ("api", "sent by a program"),
                    ("batch", "sent in a batch"),
                    ("sheet", "cell of a sheet"),
                    ("golden", "our own health check"),
                ],
                default="api",
                max_length=10,
                verbose_name="source",
            ),
        ),
        *(
            migrations.AlterField(
                name,
                "error_code",
                models.CharField(
                    blank=True,
                    choices=ERROR_CODES,
                    default="",
                    editable=False,
                    max_length=20,
                    verbose_name="why it failed",
                ),
            )
            for name in (
                "challenger",
                "comparison",
                "export",
                "job",
                "sheetpage",
                "submission",
                "trainingrun",
            )
        ),
    ]
