"""Index what one's own statistics count, so that they touch little of a long history.

`submission_read_dates` has each drawing once it is read, and `submission_told` only those with an answer.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

READ = Q(status="succeeded", deleted_at=None, superseded_at=None, owner__isnull=False)
INDEXES = [
    models.Index(F("owner"), F("created_at"), condition=READ, include=["source"], name="submission_read_dates"),
    models.Index(
        F("owner"),
        F("key").desc(),
        condition=READ & Q(label__isnull=False),
        include=["text", "written", "verdict", "confidence", "label", "label_by"],
        name="submission_told",
    ),
]


class Migration(migrations.Migration):
    atomic = False  # so that the indexes are built beside those who write
    dependencies = [("predictions", "0029_exports")]

    operations = [AddIndexConcurrently("submission", index) for index in INDEXES]
