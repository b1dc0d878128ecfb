"""`SubmissionQuerySet`: filters on submissions."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import F, Q, Subquery
from django.db.models.functions import Now

from accounts.models import User
from ml.types import Verdict
from predictions.models.claimable import ClaimableQuerySet
from predictions.models.submissions.conditions import (
    CONFIRMED,
    CORRECTED,
    GUESTS,
    NEIGHBORS,
    NOT_REVIEWED,
    NOT_SURE,
    RESTORABLE_FOR,
    REVIEWABLE,
    TERM_CHARS,
    TO_REVIEW,
    UNTOLD,
)

if TYPE_CHECKING:
    from predictions.models.submissions.submission import Submission  # noqa: F401 - the queryset's type


class HighestKey(Subquery):
    """The highest key of the rows of a queryset, or NULL."""

    template = "(SELECT max(found.key) FROM (%(subquery)s) AS found)"


class LowestKey(Subquery):
    """The lowest key of the rows of a queryset, or NULL."""

    template = "(SELECT min(found.key) FROM (%(subquery)s) AS found)"


class SubmissionQuerySet(ClaimableQuerySet["Submission"]):
    """Filters on submissions, to be chained: `.of(user).finished().newest_first()`."""

    def of(self, user: User) -> Self:
        """Filter submissions of `user` that are not deleted."""
        return self.filter(owner=user, deleted_at=None)

    def restorable_by(self, user: User) -> Self:
        """Filter submissions that `user` deleted recently enough to restore."""
        return self.filter(owner=user, deleted_at__gt=Now() - RESTORABLE_FOR)

    def of_guest(self, key: str) -> Self:
        """Filter submissions of the guest with this key, until they expire."""
        return self.filter(GUESTS, guest_key=key, deleted_at__gt=Now())

    def expired_guests(self) -> Self:
        """Filter submissions of guests that are past their time."""
        return self.filter(GUESTS, deleted_at__lte=Now())

    def current(self) -> Self:
        """Filter submissions that no newer reading of the same canvas has replaced."""
        return self.filter(superseded_at=None)

    def corrected(self) -> Self:
        """Filter submissions whose label differs from the reading; an empty label agrees with not_a_digit.

        A label with signs agrees with a reading whose digits and signs are the same.
        """
        return self.filter(CORRECTED)

    def reading(self, text: str) -> Self:
        """Filter submissions that were read as exactly `text`, or as digits with signs that are written so."""
        return self.filter(Q(text=text) | Q(written=text))

    def confirmed(self) -> Self:
        """Filter submissions that were read, and whose label agrees with the reading."""
        return self.filter(CONFIRMED)

    def untold(self) -> Self:
        """Filter submissions that were read, and of which nobody has said whether that is right."""
        return self.filter(UNTOLD)

    def sure(self) -> Self:
        return self.filter(verdict=Verdict.DIGIT)

    def not_sure(self) -> Self:
        """Filter submissions that were read, but not surely as a number."""
        return self.filter(NOT_SURE)

    def containing(self, text: str) -> Self:
        """Filter submissions of users in whose reading `text` occurs, unless it was read as not a digit."""
        rows = self
        for term in {text[:TERM_CHARS], text[-TERM_CHARS:]}:
            rows = rows._with_term(term)
        if len(text) > TERM_CHARS:
            rows = rows.filter(Q(text__contains=text) | Q(written__contains=text))
        return rows

    def unsure_for(self, reason: str) -> Self:
        """Filter submissions of users whose reading has this reason not to be sure."""
        return self._with_term(f"reason:{reason}")

    def _with_term(self, term: str) -> Self:
        """Filter submissions with a HistoryTerm. It is unique, so that the join repeats no row.

        No index of lists has `guest_key`, which is empty for all users: else Postgres may read one from the newest
        drawing to the oldest for what only the oldest have, where it can look up what has the term.
        """
        return self.filter(terms__owner=F("owner"), terms__term=term, guest_key="")

    def to_review(self) -> Self:
        """Filter submissions that wait for a reviewer in review mode; those of guests never do."""
        return self.filter(TO_REVIEW)

    def not_reviewed(self) -> Self:
        """Filter submissions of users that were read and that no reviewer has reviewed."""
        return self.filter(NOT_REVIEWED)

    def reviewable(self) -> Self:
        """Filter submissions of users that were read, whether or not anybody has reviewed them."""
        return self.filter(REVIEWABLE)

    def newest_first(self) -> Self:
        return self.order_by("-key")

    def newest(self, count: int, *others: Self) -> Self:
        """Return the newest `count` of these and `others`, chosen from an index before any row is fetched. One query.

        So the planner takes an index that has all that is filtered by, and never walks through rows of other users.
        """
        keys, *more = [rows.newest_first().values("key")[:count] for rows in (self, *others)]
        return (
            type(self)(self.model).filter(key__in=keys.union(*more, all=True) if more else keys).newest_first()[:count]
        )

    def near(self, own: Self, since: datetime | None = None, until: datetime | None = None) -> Self:
        """Filter rows by bounds of their keys, near those of the finished rows of `own` that were sent at these times.

        It replaces no filter by time, but makes it cost less, and may leave out unfinished rows. Nearly all keys are in
        the order of the times; NEIGHBORS allows for those of requests at the same time.
        """
        rows, sent = self, own.current().filter(finished_at__isnull=False)
        if since:
            rows = rows.filter(key__gte=LowestKey(_keys(sent.filter(created_at__gte=since).order_by("created_at"))))
        if until:
            rows = rows.filter(key__lte=HighestKey(_keys(sent.filter(created_at__lte=until).order_by("-created_at"))))
        return rows


def _keys(rows: SubmissionQuerySet) -> Any:
    return rows.values("key")[:NEIGHBORS]
