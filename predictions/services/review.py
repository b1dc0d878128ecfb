"""Act 3: a person says what is true. Reviews are added, never changed; the newest counts."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from ml.types import MAX_DIGITS
from predictions.models import Review, Role, Submission

TEXT_LIMIT = MAX_DIGITS


class NotAReview(ValueError):
    """What was said cannot be recorded; the message says why."""


class SaidMeanwhile(NotAReview):
    """Somebody else said something else in the meantime."""


def check_review(submission: Submission, reviewer: User, text: str, role: Role) -> str:
    """Return the digits as they would be recorded, "" for no digit. Raises NotAReview.

    A desk review is a judgement by somebody else: never of one's own drawing.
    """
    text = text.strip()
    if text and (not text.isascii() or not text.isdecimal() or len(text) > TEXT_LIMIT):
        raise NotAReview(_("Write the digits as 0 to 9, at most %d of them.") % TEXT_LIMIT)
    is_own = submission.owner_id == reviewer.pk
    if role == Role.REVIEWER and is_own:
        raise NotAReview(_("This is your own drawing: somebody else has to review it."))
    if role == Role.OWNER and not is_own:
        raise NotAReview(_("Only its owner can say so here."))
    return text


def review_submission(
    submission: Submission, reviewer: User, text: str, role: Role, *, is_first: bool = False
) -> Review:
    """Record that `submission` shows `text`, or "" for no digit, and copy it to the row's label. Raises NotAReview.

    is_first: only if its label is still what it was when `submission` was loaded; raises SaidMeanwhile otherwise.
    """
    text = check_review(submission, reviewer, text, role)
    rows = Submission.objects.filter(pk=submission.pk)
    if is_first:
        rows = rows.filter(label=submission.label, label_by=submission.label_by)
    with transaction.atomic():
        if not rows.update(label=text, label_by=role) and is_first:
            raise SaidMeanwhile(_("Somebody else said what this is just before you. Look at it once more."))
        review = Review.objects.create(
            submission=submission, reviewer=reviewer, role=role, text=text, is_digit=bool(text)
        )
        audit.record(reviewer, "submission.reviewed", str(submission.id), text=text, role=role)
    return review
