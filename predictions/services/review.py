"""Reviews: what a person says a drawing shows. The newest one that is not withdrawn counts."""

import re

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from ml.types import MAX_TEXT_CHARS, SIGNS
from predictions.models import Review, Role, Submission
from predictions.models.submissions.conditions import SAYABLE
from predictions.services.repeated_reviews import double

TEXT_LIMIT = MAX_TEXT_CHARS
SPACED_SIGN = re.compile(rf"\s*([{re.escape(SIGNS)}])\s*")
DIGITS = frozenset("0123456789")
TYPED_AS = str.maketrans({"−": "-", "–": "-", "*": "×", "x": "×", "X": "×", "∶": ":"})  # noqa: RUF001 (what people type)


class InvalidReview(ValueError):
    """A review that cannot be recorded; the message says why."""


class ReviewConflict(InvalidReview):
    """Somebody else has reviewed the drawing in the meantime."""


def check_review(submission: Submission, reviewer: User, text: str, role: Role) -> str:
    """Return the digits and signs as they would be recorded, "" if it is not a digit. Raises InvalidReview.

    A reviewer (Role.REVIEWER) may not review their own drawings.
    """
    text = SPACED_SIGN.sub(r"\1", text.translate(TYPED_AS)).strip()
    if text and (not SAYABLE.issuperset(text) or DIGITS.isdisjoint(text) or len(text) > TEXT_LIMIT):
        message = _("Enter digits from 0 to 9, with signs such as %(signs)s if there are any: at most %(limit)d.")
        raise InvalidReview(message % {"signs": " ".join(SIGNS), "limit": TEXT_LIMIT})
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

    Chance decides whether a second reviewer will be asked, if this is the first. What an owner has just said is not
    recorded again.

    is_first: raise ReviewConflict if the label has changed since `submission` was loaded.
    """
    text = check_review(submission, reviewer, text, role)
    rows = Submission.objects.filter(pk=submission.pk)
    if is_first:
        rows = rows.filter(label=submission.label, label_by=submission.label_by)
    with transaction.atomic():
        if not rows.update(label=text, label_by=role) and is_first:
            raise ReviewConflict(_("Someone else has just reviewed this drawing. Check it again."))
        if role == Role.OWNER and (said := _newest_review(submission)) and _says(said, reviewer, role, text):
            return said  # a second press of the same button
        review = Review.objects.create(
            submission=submission, reviewer=reviewer, role=role, text=text, is_digit=bool(text)
        )
        if role == Role.REVIEWER != submission.label_by:
            double.choose(review)
        audit.record(reviewer, "submission.reviewed", str(submission.id), role=role)
    return review


def _newest_review(submission: Submission) -> Review | None:
    return Review.objects.filter(submission=submission, withdrawn_at=None).order_by("-pk").first()


def _says(review: Review, reviewer: User, role: Role, text: str) -> bool:
    return (review.reviewer_id, review.role, review.text) == (reviewer.pk, role, text)


def withdraw_review(
    submission: Submission, reviewer: User, role: Role = Role.OWNER, *, review: int | None = None
) -> None:
    """Take back what a person said in this role, so that the review before it, if any, is the label again.

    review: the key of the one to take back; None for their newest.

    Raises:
        InvalidReview: if there is none to take back.
    """
    reviews = Review.objects.filter(submission=submission, withdrawn_at=None).order_by("-pk")
    own = reviews.filter(reviewer=reviewer, role=role)
    with transaction.atomic():
        Submission.objects.select_for_update().get(pk=submission.pk)  # no review is added meanwhile
        taken = (own if review is None else own.filter(pk=review)).first()
        if taken is None:
            raise InvalidReview(_("There is no answer of yours to take back."))
        Review.objects.filter(pk=taken.pk).update(withdrawn_at=Now())
        counts = reviews.first()
        Submission.objects.filter(pk=submission.pk).update(
            label=counts and counts.text, label_by=counts.role if counts else ""
        )
        double.update(submission)
        audit.record(reviewer, "submission.review_withdrawn", str(submission.id))
