"""Forget what is old: what was deleted or superseded, golden readings, workers, integrators' keys, ended sessions."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from predictions import lifecycle
from predictions.models import Drawing, IdempotencyKey, Job, Prediction, Review, Source, Submission, WorkerSeen

MINUTE = timedelta(minutes=1)  # longer than anybody may restore it
DAY = timedelta(days=1)


def forget() -> None:
    """Delete what is past its time, by Postgres' clock. A few queries."""
    _empty()
    Submission.objects.filter(deleted_at__lt=Now() - DAY).delete()
    Submission.objects.filter(superseded_at__lt=Now() - DAY).delete()
    Submission.objects.filter(guest_key=Source.GOLDEN, created_at__lt=Now() - DAY).delete()
    originals = Drawing.objects.filter(is_original=True, submission__finished_at__lt=Now() - DAY)
    originals.update(image=b"", image_type="", is_original=False)  # what could not be read: nobody retries it now
    WorkerSeen.objects.filter(seen_at__lt=Now() - DAY).delete()
    lately_deleted = Submission.objects.filter(deleted_at__gt=Now() - DAY)
    IdempotencyKey.objects.filter(created_at__lt=Now() - DAY).exclude(submission__in=lately_deleted).delete()
    Session.objects.filter(expire_date__lt=Now()).delete()


def _empty() -> None:
    """Delete all that was kept of deleted submissions; their rows stay for a day, to say that their ids are gone."""
    keys = Submission.objects.filter(deleted_at__lt=Now() - MINUTE, drawing__isnull=False).values_list("pk", flat=True)
    deleted = Submission.objects.filter(pk__in=list(keys))
    lifecycle.cancel(deleted)
    for kept in (Job, Prediction, Review, Drawing):  # an errand under way can write no prediction any more
        kept.objects.filter(submission__in=deleted).delete()
    deleted.update(text="", verdict="", confidence=None, label=None, label_by="", kept_bytes=0, body_sha256="")
