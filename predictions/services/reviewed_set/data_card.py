"""The data card of the reviewed set: what is in it, from whom, what was left out and why."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from ml.types import PREPROCESSING_VERSION
from predictions.models import Review, Role, Submission
from predictions.services.reviewed_set.drawings import (
    NOT_A_DIGIT,
    Candidate,
    ReviewedDrawing,
    iterate_candidates,
    readable,
    reviewed_by_others,
)
from predictions.services.reviewed_set.writers import SPLIT_SALT, SPLITS

FORMAT = "reviewed-set-1"
CONSENT = (
    "Each writer agreed that this drawing may be used to train our models, by a setting that is off at first or for "
    "this drawing alone, and has not withdrawn that. Drawings of guests and deleted drawings are never included."
)


class DataCard:
    """Counts the reviewed set while it is iterated, so that a drawing is loaded once."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.labels: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
        self.writers: dict[str, set[str]] = {split: set() for split in SPLITS}
        self.sent: list[datetime] = []  # the earliest and the latest
        self.reviewed: list[datetime] = []

    def iterate(self, *, batch: int = 500) -> Iterator[ReviewedDrawing]:
        """Yield the reviewed set as `iterate_reviewed` does, and count it."""
        for found in iterate_candidates(batch=batch):
            if found.reviewed:
                self._add(found, found.reviewed)
                yield found.reviewed
            else:
                self.counts["left_out"][found.left_out] += 1

    def _add(self, found: Candidate, drawing: ReviewedDrawing) -> None:
        counts, split = self.counts, drawing.split
        counts["drawings"][split] += 1
        counts["random_sample"][split] += drawing.is_sample
        counts["without_inputs"][split] += not drawing.digits
        counts["sources"][found.row.source] += 1
        counts["verdicts"][found.row.verdict] += 1
        counts["kinds"]["strokes" if "strokes" in drawing.drawing else "images"] += 1
        if len(texts := found.truth.texts) > 1:
            counts["agreement"]["agreed" if texts[0] == texts[1] else "differed"] += 1
        self.labels[split].update("not_a_digit" if label == NOT_A_DIGIT else str(label) for _, label in drawing.digits)
        self.writers[split].add(drawing.writer)
        self.sent = _widen(self.sent, found.row.created_at)
        self.reviewed = _widen(self.reviewed, found.truth.reviewed_at)

    def as_dict(self) -> dict[str, Any]:
        """Return the card of what was iterated, ready for JSON. 4 queries: what was left out is counted now."""
        counts = self.counts
        return {
            "format": FORMAT,
            "drawings": counts["drawings"].total(),
            "inputs": sum(labels.total() for labels in self.labels.values()),
            "writers": sum(len(writers) for writers in self.writers.values()),
            "splits": {split: self._split(split) for split in SPLITS},
            "split_by": f"writer, by SHA-256 with the salt {SPLIT_SALT}",
            "kinds": _sorted(counts["kinds"]),
            "sources": _sorted(counts["sources"]),
            "verdicts": _sorted(counts["verdicts"]),
            "left_out": _sorted(counts["left_out"] + count_left_out()),
            "consent": CONSENT,
            "sent": _range(self.sent),
            "reviewed": _range(self.reviewed),
            "agreement": _agreement(counts["agreement"]),
            "preprocessing": PREPROCESSING_VERSION,
            "code": settings.CODE_VERSION,
        }

    def _split(self, split: str) -> dict[str, Any]:
        return {
            "drawings": self.counts["drawings"][split],
            "inputs": self.labels[split].total(),
            "without_inputs": self.counts["without_inputs"][split],
            "writers": len(self.writers[split]),
            "random_sample": self.counts["random_sample"][split],
            "labels": _sorted(self.labels[split]),
        }


def data_card(*, batch: int = 500) -> dict[str, Any]:
    """Return the data card of the reviewed set as it is now, which takes as long as iterating it."""
    card = DataCard()
    for _ in card.iterate(batch=batch):
        pass
    return card.as_dict()


def count_left_out() -> Counter[str]:
    """Return how many drawings that were read are not in the set, by the reason, besides duplicates.

    no_consent: reviewed by somebody else. withdrawn: every review by somebody else was. owner_only: only the writer
    said what it shows. not_reviewed: nobody did.
    """
    reviews = Review.objects.filter(submission=OuterRef("pk"))
    by_reviewer = Exists(reviews.filter(role=Role.REVIEWER, withdrawn_at=None))
    taken_back = Exists(reviews.filter(role=Role.REVIEWER, withdrawn_at__isnull=False))
    by_owner = Exists(reviews.filter(role=Role.OWNER, withdrawn_at=None))
    consented = readable().filter(may_train=True).exclude(by_reviewer)
    unknown = consented.exclude(taken_back)
    left_out = {
        "no_consent": reviewed_by_others().filter(may_train=False),
        "withdrawn": consented.filter(taken_back),
        "owner_only": unknown.filter(by_owner),
        "not_reviewed": unknown.exclude(by_owner),
        "deleted": Submission.objects.filter(may_train=True, deleted_at__isnull=False, owner__isnull=False),
    }
    return Counter({reason: rows.count() for reason, rows in left_out.items()})


def _widen(span: list[datetime], at: datetime) -> list[datetime]:
    return [min([*span, at]), max([*span, at])]


def _range(span: list[datetime]) -> dict[str, str] | None:
    return {"first": span[0].isoformat(), "last": span[1].isoformat()} if span else None


def _agreement(counts: Counter[str]) -> dict[str, Any]:
    """Return how often two reviewers of a drawing, the newest two, say the same."""
    return {
        "drawings_with_two_reviewers": counts.total(),
        "agreed": counts["agreed"],
        "share": counts["agreed"] / counts.total() if counts else None,
    }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}
