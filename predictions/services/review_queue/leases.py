"""Leases: which reviewer has which drawing, and until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from accounts.models import User
from predictions.models import ReviewLease, Role, Submission
from predictions.services.repeated_reviews import double, known

LEASE = timedelta(minutes=5)  # the page renews it while somebody works there
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
class Chosen:
    """Keys of drawings in order, and which of them are given to be reviewed again."""

    keys: list[int]
    blind: set[int]


def release(reviewer: Reviewer, keys: Sequence[int]) -> None:
    """Leave drawings that this tab has, and has not answered, to others. One query."""
    reviewer.leases.filter(submission__in=keys).delete()


def take(reviewer: Reviewer, chosen: Chosen) -> set[int]:
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


def renew(reviewer: Reviewer, held: Sequence[int]) -> dict[int, bool]:
    """Extend leases, and return the keys of those drawings that are still the reviewer's, and whether each is blind."""
    if not held:
        return {}
    leases = reviewer.leases.filter(submission__in=held)
    leases.update(lease_until=Now() + LEASE)
    is_blind = Subquery(leases.filter(submission=OuterRef("pk")).values("is_blind"))
    rows = Submission.objects.reviewable().filter(pk__in=leases.values("submission"))
    return still_to_review(reviewer, rows.annotate(is_blind=is_blind).values_list("pk", "label_by", "is_blind"))


def still_to_review(reviewer: Reviewer, leased: Iterable[tuple[int, str, bool]]) -> dict[int, bool]:
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
