"""Index what lists are filtered by, so that a long history costs no more than a short one.

Once no older version runs, `submission_lists` makes `submission_history` needless.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

AGREED = Q(label=F("text")) | Q(label="", verdict="not_a_digit")
CORRECTED = Q(label__isnull=False) & ~AGREED & ~(~Q(label="") & Q(label=F("written")))
CURRENT = Q(deleted_at=None, superseded_at=None)
LISTED = ("kept_bytes", "status", "verdict", "text", "written", "created_at", "deleted_at", "superseded_at")
INDEXES = [
    models.Index(F("owner"), F("key").desc(), include=LISTED, name="submission_lists"),
    models.Index(
        F("owner"),
        F("verdict"),
        F("key").desc(),
        condition=Q(verdict__in=["unsure", "not_a_digit"]) & CURRENT,
        name="submission_by_verdict",
    ),
    models.Index(
        F("owner"),
        F("status"),
        F("key").desc(),
        condition=Q(status__in=["failed", "canceled"]) & CURRENT,
        name="submission_by_status",
    ),
    models.Index(F("owner"), F("key").desc(), condition=CORRECTED & CURRENT, name="submission_corrected"),
    models.Index(F("key").desc(), condition=Q(label_by="owner") & ~AGREED & CURRENT, name="submission_disputed"),
]


class Migration(migrations.Migration):
    atomic = False  # so that the indexes are built beside those who write
    dependencies = [("predictions", "0025_challengers")]

    operations = [AddIndexConcurrently("submission", index) for index in INDEXES]
