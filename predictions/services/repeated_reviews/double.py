"""Second and third reviews: which drawings are chosen for them, who may be asked, and what they say together.

The newest review counts as for any other drawing, so that code from before these tables agrees: if two say the same, or
a third decides, theirs is the newest.
"""

import random
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from accounts.models import User
from predictions.models import DoubleReview, Review, Role, Submission, SubmissionQuerySet

SETTLED_AFTER = timedelta(minutes=10)  # until then the first reviewer may take it back, or an upgrade be under way
_chance = random.SystemRandom()


def choose(review: Review) -> None:
    """Choose the drawing of its first review by a reviewer for a second one, by chance."""
    if _chance.random() < settings.REVIEW_TWICE_SHARE:
        DoubleReview.objects.get_or_create(submission_id=review.submission_id, defaults={"first": review})


def waiting_for(user: User) -> SubmissionQuerySet:
    """Return the drawings that wait for a second or third review and that `user` may be asked about."""
    rows = current(DoubleReview.objects.filter(waits_for__gt=0, chosen_at__lt=Now() - SETTLED_AFTER))
    return for_others(rows, user)


def current(rows: QuerySet[DoubleReview]) -> QuerySet[DoubleReview]:
    """Filter those whose last review is the newest of all: nobody has withdrawn or overruled it unnoticed."""
    newest = _reviews().order_by("-pk").values("pk")[:1]
    return rows.alias(newest=Subquery(newest)).filter(newest=Coalesce("third", "second", "first"))


def for_others(rows: QuerySet[DoubleReview], user: User) -> SubmissionQuerySet:
    """Return those of these drawings that `user` neither owns nor has reviewed, and whose label is the reviewers'."""
    rows = rows.filter(~Exists(_reviews().filter(reviewer=user)))
    found = Submission.objects.reviewable().filter(label_by=Role.REVIEWER, pk__in=rows.values("submission"))
    return found.exclude(owner=user)


def _reviews() -> QuerySet[Review]:
    return Review.objects.filter(submission=OuterRef("submission"), role=Role.REVIEWER, withdrawn_at=None)


def update(submission: Submission, added: Review | None = None) -> None:
    """Note what has changed among the reviews: `added` is new, others may be withdrawn. Needs the drawing's lock."""
    row = DoubleReview.objects.filter(pk=submission.pk).first()
    if row is None:
        return
    known = [row.first_id, row.second_id, row.third_id, added and added.pk]
    valid = Review.objects.filter(pk__in=[key for key in known if key], withdrawn_at=None).order_by("pk")[:3]
    if not valid:
        row.delete()  # the next first review draws again
        return
    row.first, row.second, row.third = (*valid, None, None)[:3]
    most = max(Counter(review.text for review in valid).values())
    row.is_agreed = most > 1
    row.waits_for = 0 if row.is_agreed or len(valid) == 3 else len(valid) + 1
    row.save()
