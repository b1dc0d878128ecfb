"""Review mode: give drawings to reviewers under leases, and record what they say of each, once.

Two reviewers never have one drawing: a lease is one row a drawing, taken by one statement on Postgres' clock. Nobody is
given their own drawings, and nobody those of guests.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, QuerySet, When
from django.db.models.functions import Now

from accounts.models import User
from ml.types import Verdict
from predictions.models import ReviewEntry, ReviewLease, ReviewRequest, Role, Submission, SubmissionQuerySet
from predictions.models.submissions import REVIEW_ORDER, SAMPLED, SAMPLED_ONLY, TO_REVIEW
from predictions.services.review import InvalidReview, ReviewConflict, review_submission, withdraw_review

LEASE = timedelta(minutes=5)  # the page renews it while somebody works there
SAMPLE_SHARE = 0.25  # of the places are for the random sample while there is any of it: else it would come last
MOST_COUNTED = 1_000
ATTEMPTS = 3  # to lease drawings, when other reviewers take the same at this moment
TAKE = """
    INSERT INTO predictions_reviewlease AS held (submission_id, reviewer_id, holder, lease_until)
    SELECT key, %(reviewer)s, %(holder)s, statement_timestamp() + %(lease)s
    FROM unnest(%(keys)s::bigint[]) AS key ORDER BY key
    ON CONFLICT (submission_id) DO UPDATE
    SET reviewer_id = excluded.reviewer_id, holder = excluded.holder, lease_until = excluded.lease_until
    WHERE held.lease_until <= statement_timestamp() OR held.holder = excluded.holder
    RETURNING submission_id
"""  # in the order of keys, so that two reviewers cannot deadlock
_chance = random.SystemRandom()


@dataclass(frozen=True)
class Reviewer:
    """Who reviews, and on which page: two tabs of one person are given different drawings too."""

    user: User
    holder: UUID

    @property
    def leases(self) -> QuerySet[ReviewLease]:
        """The leases of this tab, also those that expired and that nobody else has taken."""
        return ReviewLease.objects.filter(reviewer=self.user, holder=self.holder)


@dataclass
class Turn:
    """What a reviewer is given: new drawings in order, which of the earlier ones are gone, and how many wait.

    left: those on the reviewer's screen included; at most MOST_COUNTED.
    """

    drawings: list[Submission] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    left: int = 0


def take_turn(reviewer: Reviewer, held: Sequence[int], count: int, *, left_out: Sequence[int] = ()) -> Turn:
    """Renew the leases of the drawings that the reviewer has, and lease up to `count` more. About nine queries.

    Args:
        held: the keys of drawings that this page was given and shows, or will.
        left_out: the keys of drawings that are answered, but whose answers have not arrived yet.
    """
    kept = _renew(reviewer, held)
    requested = _requested(reviewer)
    drawings = _lease_more(reviewer, [*held, *left_out], requested, count) if count else []
    waiting = _open_to(reviewer).exclude(pk__in=left_out)[:MOST_COUNTED].count()
    waiting += len({key for key, is_counted in requested.items() if not is_counted}.difference(left_out))
    return Turn(drawings, [key for key in held if key not in kept], min(waiting, MOST_COUNTED))


def release(reviewer: Reviewer, keys: Sequence[int]) -> None:
    """Leave drawings that this tab has, and has not answered, to others. One query."""
    reviewer.leases.filter(submission__in=keys).delete()


def _open_to(reviewer: Reviewer) -> SubmissionQuerySet:
    """Return the drawings that this tab may be given and that ask for a review by themselves."""
    return _free(reviewer, Submission.objects.to_review())


def _requested(reviewer: Reviewer) -> dict[int, bool]:
    """Return the keys of drawings that this tab may be given and that somebody wants reviewed, oldest first.

    The values tell which of them ask for a review by themselves too. One query.
    """
    requests = ReviewRequest.objects.values("submission")
    rows = _free(reviewer, Submission.objects.not_reviewed().filter(pk__in=requests)).order_by("key")
    return dict(rows.values_list("pk", Case(When(TO_REVIEW, then=True), default=False))[:MOST_COUNTED])


def _free(reviewer: Reviewer, rows: SubmissionQuerySet) -> SubmissionQuerySet:
    """Filter drawings that this tab may be given: nobody else has them, and the reviewer has not skipped them."""
    taken = ReviewLease.objects.filter(submission=OuterRef("pk"), lease_until__gt=Now())
    taken = taken.exclude(reviewer=reviewer.user, holder=reviewer.holder)
    skipped = ReviewEntry.objects.filter(
        submission=OuterRef("pk"), reviewer=reviewer.user, is_skip=True, undone_at__isnull=True
    )
    return rows.exclude(owner=reviewer.user).filter(~Exists(taken), ~Exists(skipped))


def _renew(reviewer: Reviewer, held: Sequence[int]) -> set[int]:
    """Extend leases, and return the keys of those drawings that are still the reviewer's and not reviewed."""
    if not held:
        return set()
    leases = reviewer.leases.filter(submission__in=held)
    leases.update(lease_until=Now() + LEASE)
    rows = Submission.objects.not_reviewed().filter(pk__in=leases.values("submission"))
    return set(rows.values_list("pk", flat=True))


def _lease_more(reviewer: Reviewer, left_out: Sequence[int], requested: Iterable[int], count: int) -> list[Submission]:
    """Lease up to `count` drawings, requested ones first, and return them with their ink, without images."""
    found: dict[int, Submission] = {}
    for _ in range(ATTEMPTS):
        keys = _choose(reviewer, [*left_out, *found], requested, count - len(found))
        taken = _take(reviewer, keys)
        rest = Submission.objects.not_reviewed().filter(pk__in=taken)  # one may have been reviewed before it was taken
        rows = {row.pk: row for row in rest.select_related("drawing").defer("drawing__image", "drawing__thumbnail")}
        reviewer.leases.filter(submission__in=taken - rows.keys()).delete()
        found |= {key: rows[key] for key in keys if key in rows}
        if len(rows) == len(keys) or len(found) >= count:
            break
    return list(found.values())


def _choose(reviewer: Reviewer, left_out: Sequence[int], requested: Iterable[int], count: int) -> list[int]:
    """Return the keys of the next drawings: those that somebody asked for, then what is urgent, mixed with the sample.

    The most urgent ones come newest first, the sample oldest first.
    """
    rows = _open_to(reviewer).exclude(pk__in=left_out).values_list("pk", flat=True)
    urgent = rows.alias(rank=REVIEW_ORDER).filter(rank__lt=SAMPLED_ONLY).order_by(REVIEW_ORDER, "-key")[:count]
    others = mix(list(urgent), list(rows.filter(SAMPLED).order_by("key")[:count]))
    first = [key for key in requested if key not in left_out]
    return list(dict.fromkeys([*first, *others]))[:count]


def mix(urgent: Sequence[int], sample: Sequence[int]) -> list[int]:
    """Return both lists as one, without repetition: each place is by chance for one or the other."""
    left, mixed = {True: list(sample), False: list(urgent)}, dict[int, None]()
    while left[True] or left[False]:
        is_sample = _chance.random() < SAMPLE_SHARE
        mixed[(left[is_sample] or left[not is_sample]).pop(0)] = None
    return list(mixed)


def _take(reviewer: Reviewer, keys: Sequence[int]) -> set[int]:
    """Lease those of these drawings that nobody else holds, and return their keys. One query."""
    values: dict[str, Any] = {
        "reviewer": reviewer.user.pk,
        "holder": reviewer.holder,
        "lease": LEASE,
        "keys": list(keys),
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        return {key for (key,) in cursor.fetchall()}


def save_review(reviewer: Reviewer, key: UUID, drawing: int, text: str) -> Submission | None:
    """Record once that `drawing` shows `text`, "" for not a digit; return it, or None if it has been taken back.

    Raises:
        InvalidReview: if it cannot be recorded.
        ReviewConflict: if somebody else has reviewed the drawing, or reviews it now, or if it was deleted.
    """
    with transaction.atomic():
        entry, is_new = _enter(reviewer, key, drawing)
        if not is_new:
            return None if entry.undone_at else Submission.objects.filter(pk=entry.submission_id).first()
        leases = ReviewLease.objects.filter(submission=drawing, lease_until__gt=Now())
        row = Submission.objects.not_reviewed().filter(pk=drawing).select_for_update().first()
        if row is None or leases.exclude(reviewer=reviewer.user).exists():
            raise ReviewConflict
        review = review_submission(row, reviewer.user, text, Role.REVIEWER, is_first=True)
        ReviewEntry.objects.filter(pk=key).update(review=review)
        ReviewLease.objects.filter(submission=drawing).delete()
        return row


def skip(reviewer: Reviewer, key: UUID, drawing: int) -> None:
    """Record once that the reviewer leaves this drawing to others. Raises InvalidReview."""
    with transaction.atomic():
        if _enter(reviewer, key, drawing, is_skip=True)[1]:
            ReviewLease.objects.filter(submission=drawing, reviewer=reviewer.user).delete()


def undo(reviewer: Reviewer, key: UUID, drawing: int) -> None:
    """Take back what was sent, or will arrive, under this key, and give the drawing to the reviewer again.

    However often it is sent, that happens once. Raises InvalidReview.
    """
    with transaction.atomic():
        entry, is_new = _enter(reviewer, key, drawing, is_undone=True)
        if is_new:
            return
        if not ReviewEntry.objects.filter(pk=key, undone_at=None).update(undone_at=Now()):
            return
        row = Submission.objects.filter(pk=entry.submission_id, deleted_at=None).first()
        if row is None:
            return
        if entry.review_id:
            withdraw_review(row, reviewer.user, Role.REVIEWER, review=entry.review_id)
        _take(reviewer, [row.pk])


def _enter(
    reviewer: Reviewer, key: UUID, drawing: int, *, is_skip: bool = False, is_undone: bool = False
) -> tuple[ReviewEntry, bool]:
    """Return the entry with this key, and whether it is new; a request with the same key waits for the commit."""
    entry, is_new = ReviewEntry.objects.get_or_create(
        key=key,
        defaults={
            "submission_id": drawing,
            "reviewer": reviewer.user,
            "is_skip": is_skip,
            "undone_at": Now() if is_undone else None,
        },
    )
    if entry.reviewer_id != reviewer.user.pk:
        raise InvalidReview("This key belongs to somebody else.")
    return entry, is_new


def acceptable_text(submission: Submission) -> str | None:
    """Return what a reviewer says who accepts the reading: "" for not a digit, None if there is nothing to accept."""
    if submission.verdict == Verdict.NOT_A_DIGIT:
        return ""
    return submission.shown_text or None
