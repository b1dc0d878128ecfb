"""Batches, what tells a repeated PUT, what a drawing takes; indexes for limits, deadlines and what was tried."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

UNFINISHED = Q(status__in=("queued", "running"))
# 10: predictions.models.submissions.drawing.NUMBER_BYTES; a point of a stroke has two to four numbers.
COUNT_KEPT = """
UPDATE predictions_submission SET kept_bytes =
    coalesce(octet_length(image), 0) + coalesce(octet_length(thumbnail), 0) + 10 * coalesce(
        (SELECT sum(jsonb_array_length(point))
         FROM jsonb_array_elements(nullif(strokes, 'null')) stroke, jsonb_array_elements(stroke) point), 0)
FROM predictions_drawing WHERE submission_id = key
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("predictions", "0002_submission_deleted_at"),
    ]
    operations = [
        migrations.AddField("idempotencykey", "batch", models.UUIDField(null=True)),
        migrations.AddField("submission", "batch", models.UUIDField(blank=True, editable=False, null=True)),
        migrations.AddField(
            "submission",
            "body_sha256",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            "submission", "kept_bytes", models.PositiveIntegerField(db_default=0, default=0, editable=False)
        ),
        migrations.RunSQL(COUNT_KEPT, migrations.RunSQL.noop),
        migrations.AddIndex(
            "submission",
            models.Index(condition=Q(batch__isnull=False), fields=["owner", "batch"], name="submission_batch"),
        ),
        migrations.AddIndex(
            "submission", models.Index(condition=UNFINISHED, fields=["owner"], name="submission_in_flight")
        ),
        migrations.RemoveIndex("submission", "submission_history"),
        migrations.AddIndex(
            "submission",
            models.Index(F("owner"), F("key").desc(), include=["kept_bytes"], name="submission_history"),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                condition=Q(status="queued", deadline_at__isnull=False),
                fields=["deadline_at"],
                name="submission_deadline",
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                condition=Q(status__in=("queued", "running"), attempts__gt=0),
                fields=["attempts"],
                name="submission_tried",
            ),
        ),
    ]
