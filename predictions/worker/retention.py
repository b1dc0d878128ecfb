"""Forget what is old: what was deleted or superseded, golden readings, workers, integrators' keys, ended sessions."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from predictions.models import Drawing, IdempotencyKey, Source, Submission, WorkerSeen

MINUTE = timedelta(minutes=1)  # longer than anybody may restore it
DAY = timedelta(days=1)


def forget() -> None:
    """Delete what is past its time, by Postgres' clock. A few queries."""
    Submission.objects.filter(deleted_at__lt=Now() - MINUTE).delete()
    Submission.objects.filter(superseded_at__lt=Now() - DAY).delete()
    Submission.objects.filter(source=Source.GOLDEN, created_at__lt=Now() - DAY).delete()
    originals = Drawing.objects.filter(is_original=True, submission__finished_at__lt=Now() - DAY)
    originals.update(image=b"", image_type="", is_original=False)  # what could not be read: nobody retries it now
    WorkerSeen.objects.filter(seen_at__lt=Now() - DAY).delete()
    IdempotencyKey.objects.filter(created_at__lt=Now() - DAY).delete()
    Session.objects.filter(expire_date__lt=Now()).delete()
