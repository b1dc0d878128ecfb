"""What reviewers send: each review, skip and undo counts once, however often it arrives."""

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from ml.types import Verdict
from predictions.models import ReviewEntry, ReviewLease, Role, Submission
from predictions.services.repeated_reviews import double, known
from predictions.services.review import (
    InvalidReview,
    ReviewConflict,
    check_review,
    review_submission,
    withdraw_review,
)
from predictions.services.review_queue.leases import Chosen, Reviewer, take


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
        take(reviewer, Chosen([row.pk], {row.pk} if is_again else set()))


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
