"""What a reviewer is given next."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Case, Exists, OuterRef, When
from django.db.models.functions import Now

from accounts.keys.hashes import keyed_hash
from predictions.models import ReviewEntry, ReviewLease, ReviewRequest, Submission, SubmissionQuerySet
from predictions.models.submissions.conditions import REVIEW_ORDER, SAMPLED, SAMPLED_ONLY, TO_REVIEW
from predictions.services.repeated_reviews import double, known
from predictions.services.review_queue.leases import Chosen, Reviewer, renew, still_to_review, take

SAMPLE_SHARE = 0.25  # of the places are for the random sample while there is any of it: else it would come last
AGAIN_SHARE = 0.25  # of the places are for second and third reviews while there are any
HIDDEN_SHARE = 0.25  # of all readings are hidden even from those who want to see them, to tell no kind apart
MOST_COUNTED = 1_000
ATTEMPTS = 3  # to lease drawings, when other reviewers take the same at this moment
_chance = random.SystemRandom()


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


@dataclass(frozen=True)
class Waiting:
    """The keys of drawings that wait for another review, and of those that somebody wants reviewed, oldest first."""

    again: Sequence[int]
    requested: Iterable[int]


def take_turn(reviewer: Reviewer, held: Sequence[int], count: int, *, left_out: Sequence[int] = ()) -> Turn:
    """Renew the leases of the drawings that the reviewer has, and lease up to `count` more. About ten queries.

    Args:
        held: the keys of drawings that this page was given and shows, or will.
        left_out: the keys of drawings that are answered, but whose answers have not arrived yet.
    """
    kept = renew(reviewer, held)
    again = list(_waiting_again(reviewer).order_by("key").values_list("pk", flat=True)[:MOST_COUNTED])
    requested = _requested(reviewer)
    asked = Waiting(again, requested)
    drawings = _lease_more(reviewer, [*held, *left_out], asked, count) if count else {}
    shown = kept | {row.pk: blind for row, blind in drawings.items()}
    checks = sum(shown.values()) - len({key for key, is_blind in shown.items() if is_blind}.intersection(again))
    waiting = _open_to(reviewer).exclude(pk__in=left_out)[:MOST_COUNTED].count()
    waiting += len({key for key, is_counted in requested.items() if not is_counted}.difference(left_out))
    return Turn(
        list(drawings),
        lost=[key for key in held if key not in kept],
        hidden={row.pk for row, is_blind in drawings.items() if is_blind or is_hidden(reviewer, row.pk)},
        left=min(waiting + len({*again}.difference(left_out)) + checks, MOST_COUNTED),
    )


def is_hidden(reviewer: Reviewer, key: int) -> bool:
    """Return whether this reading is hidden from this reviewer, whatever they want: the same at each time of asking."""
    if not (settings.REVIEW_TWICE_SHARE or settings.REVIEW_KNOWN_SHARE):
        return False
    drawn = keyed_hash("predictions.review_queue", f"{reviewer.user.pk}:{key}")
    return drawn[0] < HIDDEN_SHARE * 256


def _open_to(reviewer: Reviewer) -> SubmissionQuerySet:
    """Return the drawings that this tab may be given and that no reviewer has reviewed."""
    return _free(reviewer, Submission.objects.to_review().exclude(owner=reviewer.user))


def _requested(reviewer: Reviewer) -> dict[int, bool]:
    """Return the keys of drawings that this tab may be given and that somebody wants reviewed, oldest first.

    The values tell which of them ask for a review by themselves too. One query.
    """
    requests = ReviewRequest.objects.values("submission")
    rows = Submission.objects.not_reviewed().filter(pk__in=requests).exclude(owner=reviewer.user)
    found = _free(reviewer, rows).order_by("key")
    return dict(found.values_list("pk", Case(When(TO_REVIEW, then=True), default=False))[:MOST_COUNTED])


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


def _lease_more(reviewer: Reviewer, left_out: Sequence[int], waiting: Waiting, count: int) -> dict[Submission, bool]:
    """Lease up to `count` drawings; return them with their ink, without images, and whether each is blind."""
    found: dict[Submission, bool] = {}
    for _ in range(ATTEMPTS):
        chosen = _choose(reviewer, [*left_out, *(row.pk for row in found)], waiting, count - len(found))
        taken = take(reviewer, chosen)
        rest = Submission.objects.reviewable().filter(pk__in=taken).select_related("drawing")
        rows = {row.pk: row for row in rest.defer("drawing__image", "drawing__thumbnail")}
        leased = [(key, row.label_by, key in chosen.blind) for key, row in rows.items()]
        kept = still_to_review(reviewer, leased)  # one may have been reviewed before it was taken
        reviewer.leases.filter(submission__in=taken - kept.keys()).delete()
        found |= {rows[key]: kept[key] for key in chosen.keys if key in kept}
        if len(kept) == len(chosen.keys) or len(found) >= count:
            break
    return found


def _choose(reviewer: Reviewer, left_out: Sequence[int], waiting: Waiting, count: int) -> Chosen:
    """Return the next drawings: requested ones, then the most urgent ones, newest first, mixed with others.

    The others are the random sample and those that wait for another review, both oldest first, and known ones.
    """
    rows = _open_to(reviewer).exclude(pk__in=left_out).values_list("pk", flat=True)
    urgent = rows.alias(rank=REVIEW_ORDER).filter(rank__lt=SAMPLED_ONLY).order_by(REVIEW_ORDER, "-key")[:count]
    again = [key for key in waiting.again if key not in left_out][:count]
    others = mix(list(urgent), list(rows.filter(SAMPLED).order_by("key")[:count]), again)
    requested = [key for key in waiting.requested if key not in left_out]
    keys = list(dict.fromkeys([*requested, *others]))[:count]
    places = known.draw_places(len(keys))
    checks = known.draw(_free(reviewer, known.known_to_others(reviewer.user).exclude(pk__in=left_out)), places)
    for key in checks:
        keys.insert(_chance.randrange(len(keys) + 1), key)
    return Chosen(keys[:count], {*again, *checks})


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
