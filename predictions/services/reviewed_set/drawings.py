"""Stream the drawings of the reviewed set, each once, with what a reviewer says and the inputs cut from it."""

import hashlib
import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from ml.types import CLASSES, PREPROCESSING_VERSION, SIDE
from predictions.models import Drawing, Prediction, Review, Role, Submission, SubmissionQuerySet
from predictions.models.claimable import Status
from predictions.services.reviewed_set.writers import pseudonym_of, split_of

NOT_A_DIGIT = CLASSES  # the label of an input that shows no digit
SLICE = 25  # drawings in memory at once: an image may have megabytes
HASH_BYTES = 16  # of each drawing, kept in memory until the end
COLUMNS = ("key", "owner", "source", "verdict", "review_sample", "created_at")
Inputs = list[tuple[np.ndarray, int]]


@dataclass(frozen=True)
class ReviewedDrawing:
    """A drawing that its writer lets us train with, and what a reviewer says of it.

    submission: its primary key.
    writer: a pseudonym; the same writer has the same one in every set.
    split: "train", "validation" or "test", by the writer.
    text: the digits, and signs if there are any; "" if it is not a digit.
    is_sample: whether chance chose it for review, so that accuracy on these is unbiased.
    drawing: strokes, width, height and pen_px, or image (bytes) and image_type.
    digits: (28, 28) uint8, 255 = ink, as the network was given it, each with its label; empty if what was read has
        not as many digits as the text, so that nobody knows which is which.
    """

    submission: int
    writer: str
    split: str
    text: str
    is_sample: bool
    drawing: dict[str, Any]
    digits: Inputs


@dataclass(frozen=True)
class Truth:
    """What the reviewers of a drawing say. texts: the newest of each reviewer, the newest first."""

    text: str
    reviewed_at: datetime
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A drawing that may be in the set. reviewed: None if it was left out, for the reason in `left_out`."""

    row: Submission
    truth: Truth
    reviewed: ReviewedDrawing | None
    left_out: str = ""


def iterate_reviewed(*, batch: int = 500) -> Iterator[ReviewedDrawing]:
    """Yield the reviewed set in the order in which it was sent; 5 queries or more for each `batch` rows.

    A drawing is in it if its writer consents, it was read and is not deleted, and somebody other than the writer
    reviewed it; the newest such review that is not withdrawn is its text. Of equal drawings only the first is yielded.
    """
    return (found.reviewed for found in iterate_candidates(batch=batch) if found.reviewed)


def iterate_candidates(*, batch: int = 500) -> Iterator[Candidate]:
    """Yield the reviewed set, and in between the duplicates and the drawings without ink that are left out."""
    seen: set[bytes] = set()
    after = 0
    while rows := list(reviewed_by_others().filter(may_train=True, pk__gt=after).order_by("pk").only(*COLUMNS)[:batch]):
        after = rows[-1].pk
        truths = _load_truths(rows)
        known = [row for row in rows if row.pk in truths]  # all, unless a review was withdrawn just now
        for start in range(0, len(known), SLICE):
            yield from _load_slice(known[start : start + SLICE], truths, seen)


def reviewed_by_others() -> SubmissionQuerySet:
    """Filter drawings of users that were read, are not deleted, and have a review by another person that counts."""
    reviews = Review.objects.filter(submission=OuterRef("pk"), role=Role.REVIEWER, withdrawn_at=None)
    return readable().filter(Exists(reviews.exclude(reviewer=OuterRef("owner"))))


def readable() -> SubmissionQuerySet:
    """Filter drawings of users that were read and are neither deleted nor replaced by a newer state of the canvas."""
    return Submission.objects.current().filter(status=Status.SUCCEEDED, deleted_at=None, owner__isnull=False)


def _load_truths(rows: Sequence[Submission]) -> dict[int, Truth]:
    owners = {row.pk: row.owner_id for row in rows}
    reviews = Review.objects.filter(submission__in=owners, role=Role.REVIEWER, withdrawn_at=None).order_by("-pk")
    found: dict[int, list[tuple[int | None, str, datetime]]] = defaultdict(list)
    reviews = reviews.annotate(by=Coalesce("reviewer", "former_reviewer"))
    for submission, reviewer, text, at in reviews.values_list("submission", "by", "text", "created_at"):
        if reviewer is None or reviewer != owners[submission]:
            found[submission].append((reviewer, text, at))
    return {submission: _truth(said) for submission, said in found.items()}


def _truth(said: Sequence[tuple[int | None, str, datetime]]) -> Truth:
    """Return the truth by (reviewer, text, time), the newest first."""
    newest: dict[int, str] = {}
    for reviewer, text, _ in said:
        if reviewer is not None:  # of reviewers whom older code deleted nobody knows whether they are one or two
            newest.setdefault(reviewer, text)
    _, text, at = said[0]
    return Truth(text, at, tuple(newest.values()))


def _load_slice(rows: Sequence[Submission], truths: dict[int, Truth], seen: set[bytes]) -> Iterator[Candidate]:
    keys = [row.pk for row in rows]
    readings: dict[int, list[list[np.ndarray]]] = defaultdict(list)
    current = Prediction.objects.filter(submission__in=keys, preprocessing__startswith=f"{PREPROCESSING_VERSION} ")
    for submission, reading in current.order_by("-pk").values_list("submission", "reading"):
        readings[submission].append([_input(digit["input"]) for digit in reading["digits"]])
    drawings = Drawing.objects.defer("thumbnail").in_bulk(keys)
    for row in rows:
        drawing = drawings.get(row.pk)
        if drawing is None or (drawing.strokes is None and not drawing.image):
            yield Candidate(row, truths[row.pk], None, "no_ink")
        elif seen.isdisjoint(hashes := _hashes(drawing, readings[row.pk])):
            yield Candidate(row, truths[row.pk], _reviewed(row, truths[row.pk], drawing, readings[row.pk]))
        else:
            yield Candidate(row, truths[row.pk], None, "duplicate")
        seen.update(hashes if drawing else ())


def _input(encoded: str) -> np.ndarray:
    return np.frombuffer(b64decode(encoded), np.uint8).reshape(SIDE, SIDE)


def _hashes(drawing: Drawing, readings: Sequence[Sequence[np.ndarray]]) -> list[bytes]:
    """Return what equal drawings have in common: the same strokes or file, or the same inputs cut from them.

    The inputs are scaled and centered, so a drawing that was moved or sent as a picture too counts once.
    """
    if drawing.strokes is not None:
        ink = json.dumps([drawing.strokes, drawing.width, drawing.height, drawing.pen_px]).encode()
    else:
        ink = bytes(drawing.image or b"")
    contents = [ink, *(b"".join(image.tobytes() for image in images) for images in readings[:1])]
    return [hashlib.sha256(content).digest()[:HASH_BYTES] for content in contents if any(content)]


def _reviewed(
    row: Submission, truth: Truth, drawing: Drawing, readings: Sequence[Sequence[np.ndarray]]
) -> ReviewedDrawing:
    assert row.owner_id is not None  # noqa: S101 (`readable` saw to it)
    if drawing.strokes is not None:
        fields = ("strokes", "width", "height", "pen_px")
        ink = {name: getattr(drawing, name) for name in fields}
    else:
        ink = {"image": bytes(drawing.image or b""), "image_type": drawing.image_type}
    labels = [int(char) for char in truth.text if char.isdigit()] or [NOT_A_DIGIT]
    fitting = next((images for images in readings if len(images) == len(labels)), ())
    return ReviewedDrawing(
        submission=row.pk,
        writer=pseudonym_of(row.owner_id),
        split=split_of(row.owner_id),
        text=truth.text,
        is_sample=row.review_sample,
        drawing=ink,
        digits=list(zip(fitting, labels, strict=True)) if fitting else [],
    )
