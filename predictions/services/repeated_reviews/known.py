"""Drawings that two reviewers agree on, given to others as a check. What they say changes no label."""

import random
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.models import User
from predictions.models import DoubleReview, KnownAnswer, Submission, SubmissionQuerySet
from predictions.services.repeated_reviews.double import current, for_others

NEWEST = 500  # the drawings to choose from
_chance = random.SystemRandom()


def known_to_others(user: User) -> SubmissionQuerySet:
    """Return the drawings that two reviewers agree on, neither of them `user`, and about which `user` was not asked."""
    answered = KnownAnswer.objects.filter(submission=OuterRef("pk"), reviewer=user)
    agreed = current(DoubleReview.objects.filter(is_agreed=True, waits_for=0))
    return for_others(agreed, user).filter(~Exists(answered))


def draw_places(places: int) -> int:
    """Return how many of `places` are by chance for known drawings."""
    return sum(_chance.random() < settings.REVIEW_KNOWN_SHARE for _ in range(places))


def draw(rows: SubmissionQuerySet, count: int) -> list[int]:
    """Return the keys of up to `count` of these drawings, by chance, of the NEWEST that became known."""
    if not count:
        return []
    newest = DoubleReview.objects.filter(is_agreed=True).order_by("-chosen_at")[:NEWEST]
    keys = list(rows.filter(pk__in=newest.values("pk")).values_list("pk", flat=True))
    return _chance.sample(keys, min(count, len(keys)))


def record(key: UUID, submission: Submission, reviewer: User, text: str) -> None:
    """Record what the reviewer said of a known drawing."""
    KnownAnswer.objects.create(
        key=key, submission=submission, reviewer=reviewer, text=text, truth=submission.label or ""
    )


def forget(key: UUID) -> None:
    """Delete the answer that came under this key, if any: the reviewer took it back."""
    KnownAnswer.objects.filter(key=key).delete()
