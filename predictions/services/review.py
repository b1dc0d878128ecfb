"""Reviews: what a person says a drawing shows. They are never changed; the newest one counts."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from ml.types import MAX_DIGITS
from predictions.models import Review, Role, Submission

TEXT_LIMIT = MAX_DIGITS


class InvalidReview(ValueError):
    """A review that cannot be recorded; the message says why."""


class ReviewConflict(InvalidReview):
    """Somebody else has reviewed the drawing in the meantime."""


def check_review(submission: Submission, reviewer: User, text: str, role: Role) -> str:
    """Return the digits as they would be recorded, "" if it is not a digit. Raises InvalidReview.

    A reviewer (Role.REVIEWER) may not review their own drawings.
    """
    text = text.strip()
    if text and (not text.isascii() or not text.isdecimal() or len(text) > TEXT_LIMIT):
        raise InvalidReview(_("Enter at most %d digits, 0 to 9.") % TEXT_LIMIT)
    is_own = submission.owner_id == reviewer.pk
    if role == Role.REVIEWER and is_own:
        raise InvalidReview(_("You can't review your own drawing."))
    if role == Role.OWNER and not is_own:
        raise InvalidReview(_("Only the owner of this drawing can answer this."))
    return text


def review_submission(
    submission: Submission, reviewer: User, text: str, role: Role, *, is_first: bool = False
) -> Review:
    """Record that `submission` shows `text`, or "" for not a digit, and copy it to the label. Raises InvalidReview.

    is_first: raise ReviewConflict if the label has changed since `submission` was loaded.
    """
    text = check_review(submission, reviewer, text, role)
    rows = Submission.objects.filter(pk=submission.pk)
    if is_first:
        rows = rows.filter(label=submission.label, label_by=submission.label_by)
    with transaction.atomic():
        if not rows.update(label=text, label_by=role) and is_first:
            raise ReviewConflict(_("Someone else has just reviewed this drawing. Check it again."))
        review = Review.objects.create(
            submission=submission, reviewer=reviewer, role=role, text=text, is_digit=bool(text)
        )
        audit.record(reviewer, "submission.reviewed", str(submission.id), text=text, role=role)
    return review
