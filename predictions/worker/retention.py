"""Forget what is old: golden readings and workers after a day, integrators' keys too, and sessions that ended."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from predictions.models import IdempotencyKey, Source, Submission, WorkerSeen

DAY = timedelta(days=1)


def forget() -> None:
    """Delete what is past its time, by Postgres' clock. Four queries."""
    Submission.objects.filter(source=Source.GOLDEN, created_at__lt=Now() - DAY).delete()
    WorkerSeen.objects.filter(seen_at__lt=Now() - DAY).delete()
    IdempotencyKey.objects.filter(created_at__lt=Now() - DAY).delete()
    Session.objects.filter(expire_date__lt=Now()).delete()
