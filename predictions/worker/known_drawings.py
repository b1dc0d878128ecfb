"""The drawings on which versions are compared, a few at a time, each with what it shows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import F, QuerySet

from ml.data.refusal_set import refusal_drawing
from ml.expects import Expectation
from ml.golden import golden_drawing
from ml.recognition.text_line import TextLine
from ml.types import CLASSES
from predictions.models import Drawing, ModelVersion, Review, Role, Status
from predictions.worker import recognize

GOLDEN_HANDS = 50  # of each digit
REVIEWED_LIMIT = 2_000  # the newest: 2 to 3 ms each for both versions
REFUSALS = 240
SLICE = 16

Page = tuple[TextLine, Expectation | None]  # a line, with what was expected of it


@dataclass(frozen=True)
class Known:
    """A few drawings.

    truths: the digits, and signs, that each shows; "" for none.
    pages: each prepared; None if the drawing is blank, unreadable or emptied.
    """

    truths: list[str]
    pages: list[Page | None] = field(default_factory=list)


def golden(hands: int | None = None) -> Iterator[Known]:
    """Yield the golden drawings, each digit by so many hands, by default all of them."""
    for hand in range(GOLDEN_HANDS if hands is None else min(hands, GOLDEN_HANDS)):
        drawings = [Drawing(**golden_drawing(digit, seed=hand)) for digit in range(CLASSES)]
        yield Known([str(digit) for digit in range(CLASSES)], [_page(one) for one in drawings])


def refusals() -> Iterator[Known]:
    """Yield drawings that are no plain numbers: symbols, scribbles and signs."""
    for start in range(0, REFUSALS, SLICE):
        places = range(start, min(start + SLICE, REFUSALS))
        drawings = [Drawing(**refusal_drawing(place)) for place in places]
        yield Known([""] * len(drawings), [_page(one) for one in drawings])


def reviewed(*, is_unseen_only: bool = False, has_unseen_sample: bool = False) -> Iterator[Known]:
    """Yield drawings that somebody other than the owner reviewed, newest first, with their newest truth.

    Args:
        is_unseen_only: leave out those that a version may have been trained with: only writers of the test split stay.
        has_unseen_sample: the random sample stays too, since no training uses it.
    """
    of_others = Review.objects.filter(role=Role.REVIEWER, withdrawn_at=None).exclude(reviewer=F("submission__owner"))
    kept = of_others.filter(submission__status=Status.SUCCEEDED, submission__deleted_at=None)
    newest = kept.order_by("-submission", "-pk").distinct("submission")
    if is_unseen_only:
        truths = _unseen(newest, has_unseen_sample)
    else:
        truths = list(newest.values_list("submission", "text")[:REVIEWED_LIMIT])
    drawings = Drawing.objects.select_related("submission")  # which knows what was expected
    for start in range(0, len(truths), SLICE):
        part = dict(truths[start : start + SLICE])
        found = list(drawings.filter(submission__in=part))
        yield Known([part[one.submission_id] for one in found], [_page(one) for one in found])


def _unseen(newest: QuerySet[Review], has_unseen_sample: bool) -> list[tuple[int, str]]:
    """Return the newest of those reviews whose drawings no version is trained with, by submission."""
    from predictions.services.reviewed_set import split_of

    rows = newest.values_list("submission", "text", "submission__owner", "submission__review_sample")
    found = (
        (key, text)
        for key, text, owner, is_sample in rows.iterator(chunk_size=REVIEWED_LIMIT)
        if (has_unseen_sample and is_sample) or split_of(owner) == "test"
    )
    return list(islice(found, REVIEWED_LIMIT))


def is_trained_with_reviews(version: ModelVersion) -> bool:
    """Return True if a version was trained with reviewed drawings, by its card."""
    training = version.card.get("training", {})
    found = (training.get("reviewed"), training.get("reviewed_sha256"), training.get("counts", {}).get("reviewed"))
    return any(found)


def leaves_out_sample(version: ModelVersion) -> bool:
    """Return True if a version was trained with none of the random sample, as its card must say."""
    if not is_trained_with_reviews(version):
        return True
    reviewed = version.card["training"].get("reviewed")
    return isinstance(reviewed, dict) and reviewed.get("random_sample") == 0


def _page(drawing: Drawing) -> Page | None:
    expectation = drawing.submission.expectation if drawing.submission_id else None
    try:
        return recognize.prepare(drawing).line, expectation
    except tuple(recognize.REFUSALS):
        return None
