"""Review mode: give drawings to reviewers under leases, and record what they say of each, once.

Two reviewers never have one drawing: a lease is one row a drawing, taken by one statement on Postgres' clock. Nobody is
given their own drawings, and nobody those of guests. Some drawings are reviewed again; nothing on the page tells which.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from accounts.models import User
from ml.types import Verdict
from predictions.models import ReviewEntry, ReviewLease, Role, Submission, SubmissionQuerySet
from predictions.models.submissions import REVIEW_ORDER, SAMPLED, SAMPLED_ONLY
from predictions.services.repeated_reviews import double, known
from predictions.services.review import (
    InvalidReview,
    ReviewConflict,
    check_review,
    review_submission,
    withdraw_review,
)

LEASE = timedelta(minutes=5)  # the page renews it while somebody works there
SAMPLE_SHARE = 0.25  # of the places are for the random sample while there is any of it: else it would come last
AGAIN_SHARE = 0.25  # of the places are for second and third reviews while there are any
HIDDEN_SHARE = (
    0.25  # of the readings are hidden from those who want to see them: those reviewed again are not the only ones
)
MOST_COUNTED = 1_000
ATTEMPTS = 3  # to lease drawings, when other reviewers take the same at this moment
TAKE = """
    INSERT INTO predictions_reviewlease AS held (submission_id, reviewer_id, holder, lease_until, is_blind)
    SELECT key, %(reviewer)s, %(holder)s, statement_timestamp() + %(lease)s, key = ANY(%(blind)s::bigint[])
    FROM unnest(%(keys)s::bigint[]) AS key ORDER BY key
    ON CONFLICT (submission_id) DO UPDATE
    SET reviewer_id = excluded.reviewer_id, holder = excluded.holder, lease_until = excluded.lease_until,
        is_blind = excluded.is_blind
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

    hidden: the keys of those whose reading the reviewer is not to see.
    left: those on the reviewer's screen included; at most MOST_COUNTED.
    """

    drawings: list[Submission] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    left: int = 0


@dataclass
class Chosen:
    """Keys of drawings in order, and which of them are given to be reviewed again."""

    keys: list[int]
    blind: set[int]


def take_turn(reviewer: Reviewer, held: Sequence[int], count: int, *, left_out: Sequence[int] = ()) -> Turn:
    """Renew the leases of the drawings that the reviewer has, and lease up to `count` more. About nine queries.

    Args:
        held: the keys of drawings that this page was given and shows, or will.
        left_out: the keys of drawings that are answered, but whose answers have not arrived yet.
    """
    kept = _renew(reviewer, held)
    again = list(_waiting_again(reviewer).order_by("key").values_list("pk", flat=True)[:MOST_COUNTED])
    drawings = _lease_more(reviewer, [*held, *left_out], again, count) if count else {}
    shown = kept | {row.pk: blind for row, blind in drawings.items()}
    checks = sum(shown.values()) - len({key for key, is_blind in shown.items() if is_blind}.intersection(again))
    waiting = _open_to(reviewer).exclude(pk__in=left_out)[:MOST_COUNTED].count()
    return Turn(
        list(drawings),
        lost=[key for key in held if key not in kept],
        hidden={row.pk for row, is_blind in drawings.items() if is_blind or _is_hidden(reviewer, row.pk)},
        left=min(waiting + len({*again}.difference(left_out)) + checks, MOST_COUNTED),
    )


def _is_hidden(reviewer: Reviewer, key: int) -> bool:
    """Return whether this reading is hidden from this reviewer, whatever they want: the same at each time of asking."""
    if not (settings.REVIEW_TWICE_SHARE or settings.REVIEW_KNOWN_SHARE):
        return False
    drawn = salted_hmac("predictions.review_queue", f"{reviewer.user.pk}:{key}", algorithm="sha256").digest()
    return drawn[0] < HIDDEN_SHARE * 256


def release(reviewer: Reviewer, keys: Sequence[int]) -> None:
    """Leave drawings that this tab has, and has not answered, to others. One query."""
    reviewer.leases.filter(submission__in=keys).delete()


def _open_to(reviewer: Reviewer) -> SubmissionQuerySet:
    """Return the drawings that this tab may be given and that no reviewer has reviewed."""
    return _free(reviewer, Submission.objects.to_review().exclude(owner=reviewer.user))


def _waiting_again(reviewer: Reviewer) -> SubmissionQuerySet:
    """Return the drawings that this tab may be given for a second or third review."""
    return _free(reviewer, double.waiting_for(reviewer.user))


def _free(reviewer: Reviewer, rows: SubmissionQuerySet) -> SubmissionQuerySet:
    """Filter drawings that this tab may be given: nobody else has them, and the reviewer has not skipped them."""
    taken = ReviewLease.objects.filter(submission=OuterRef("pk"), lease_until__gt=Now())
    taken = taken.exclude(reviewer=reviewer.user, holder=reviewer.holder)
    skipped = ReviewEntry.objects.filter(
        submission=OuterRef("pk"), reviewer=reviewer.user, is_skip=True, undone_at__isnull=True
    )
    return rows.filter(~Exists(taken), ~Exists(skipped))


def _renew(reviewer: Reviewer, held: Sequence[int]) -> dict[int, bool]:
    """Extend leases, and return the keys of those drawings that are still the reviewer's, and whether each is blind."""
    if not held:
        return {}
    leases = reviewer.leases.filter(submission__in=held)
    leases.update(lease_until=Now() + LEASE)
    is_blind = Subquery(leases.filter(submission=OuterRef("pk")).values("is_blind"))
    rows = Submission.objects.reviewable().filter(pk__in=leases.values("submission"))
    return _still_to_review(reviewer, rows.annotate(is_blind=is_blind).values_list("pk", "label_by", "is_blind"))


def _still_to_review(reviewer: Reviewer, leased: Iterable[tuple[int, str, bool]]) -> dict[int, bool]:
    """Return the keys of those of these drawings that nobody has reviewed meanwhile, and whether each is blind.

    leased: keys, who gave the label, and whether they were given to be reviewed again.
    """
    kept, blind = dict[int, bool](), list[int]()
    for key, label_by, is_blind in leased:
        if label_by != Role.REVIEWER:
            kept[key] = is_blind
        elif is_blind:
            blind.append(key)
    if blind:
        for rows in (double.waiting_for(reviewer.user), known.known_to_others(reviewer.user)):
            kept |= dict.fromkeys(rows.filter(pk__in=blind).values_list("pk", flat=True), True)
    return kept


def _lease_more(
    reviewer: Reviewer, left_out: Sequence[int], again: Sequence[int], count: int
) -> dict[Submission, bool]:
    """Lease up to `count` drawings; return them with their ink, without images, and whether each is blind.

    again: the keys of drawings that wait for another review.
    """
    found: dict[Submission, bool] = {}
    for _ in range(ATTEMPTS):
        chosen = _choose(reviewer, [*left_out, *(row.pk for row in found)], again, count - len(found))
        taken = _take(reviewer, chosen)
        rest = Submission.objects.reviewable().filter(pk__in=taken).select_related("drawing")
        rows = {row.pk: row for row in rest.defer("drawing__image", "drawing__thumbnail")}
        leased = [(key, row.label_by, key in chosen.blind) for key, row in rows.items()]
        kept = _still_to_review(reviewer, leased)  # one may have been reviewed before it was taken
        reviewer.leases.filter(submission__in=taken - kept.keys()).delete()
        found |= {rows[key]: kept[key] for key in chosen.keys if key in kept}
        if len(kept) == len(chosen.keys) or len(found) >= count:
            break
    return found


def _choose(reviewer: Reviewer, left_out: Sequence[int], again: Sequence[int], count: int) -> Chosen:
    """Return the next drawings: the most urgent ones, newest first, mixed with others.

    The others are the random sample and those that wait for another review, both oldest first, and known ones.
    """
    rows = _open_to(reviewer).exclude(pk__in=left_out).values_list("pk", flat=True)
    urgent = rows.alias(rank=REVIEW_ORDER).filter(rank__lt=SAMPLED_ONLY).order_by(REVIEW_ORDER, "-key")[:count]
    waiting = [key for key in again if key not in left_out][:count]
    keys = mix(list(urgent), list(rows.filter(SAMPLED).order_by("key")[:count]), waiting)[:count]
    places = known.draw_places(len(keys))
    checks = known.draw(_free(reviewer, known.known_to_others(reviewer.user).exclude(pk__in=left_out)), places)
    for key in checks:
        keys.insert(_chance.randrange(len(keys) + 1), key)
    return Chosen(keys[:count], {*waiting, *checks})


def mix(urgent: Sequence[int], sample: Sequence[int], again: Sequence[int] = ()) -> list[int]:
    """Return these lists as one, without repetition: chance decides for each place which list it is for."""
    left = {"again": list(again), "sample": list(sample), "urgent": list(urgent)}
    mixed = dict[int, None]()
    while any(left.values()):
        at = _chance.random()
        kind = "again" if at < AGAIN_SHARE else "sample" if at < AGAIN_SHARE + SAMPLE_SHARE else "urgent"
        found = left[kind] or left["urgent"] or left["sample"] or left["again"]
        mixed[found.pop(0)] = None
    return list(mixed)


def _take(reviewer: Reviewer, chosen: Chosen) -> set[int]:
    """Lease those of these drawings that nobody else holds, and return their keys. One query."""
    values: dict[str, Any] = {
        "reviewer": reviewer.user.pk,
        "holder": reviewer.holder,
        "lease": LEASE,
        "keys": chosen.keys,
        "blind": list(chosen.blind),
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
        leases = ReviewLease.objects.filter(submission=drawing)
        row = Submission.objects.reviewable().filter(pk=drawing).select_for_update().first()
        if row is None or leases.filter(lease_until__gt=Now()).exclude(reviewer=reviewer.user).exists():
            raise ReviewConflict
        if row.label_by != Role.REVIEWER:
            review = review_submission(row, reviewer.user, text, Role.REVIEWER, is_first=True)
            ReviewEntry.objects.filter(pk=key).update(review=review)
        elif leases.filter(reviewer=reviewer.user, is_blind=True).exists():
            _save_again(reviewer.user, key, row, text)
        else:
            raise ReviewConflict
        leases.delete()
        return row


def _save_again(user: User, key: UUID, row: Submission, text: str) -> None:
    """Record a second or third review, or the answer to a known drawing. Raises InvalidReview and ReviewConflict."""
    if double.waiting_for(user).filter(pk=row.pk).exists():
        review = review_submission(row, user, text, Role.REVIEWER, is_first=True)
        ReviewEntry.objects.filter(pk=key).update(review=review)
        double.update(row, added=review)
    elif known.known_to_others(user).filter(pk=row.pk).exists():
        known.record(key, row, user, check_review(row, user, text, Role.REVIEWER))
    else:
        raise ReviewConflict


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
            row.refresh_from_db(fields=["label_by"])
        else:
            known.forget(key)
        is_again = row.label_by == Role.REVIEWER
        _take(reviewer, Chosen([row.pk], {row.pk} if is_again else set()))


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
