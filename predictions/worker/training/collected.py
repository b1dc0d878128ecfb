"""The reviewed set as a training run uses it: what is trained on, what the curves are measured on, what judges it."""

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from predictions.services.reviewed_set import ReviewedDrawing

if TYPE_CHECKING:
    from ml.evaluation.tuned_packing import KnownDrawings
    from ml.training.fine_tuning import LabelledImages

KNOWN_LIMIT = 1_000  # reviewed drawings for the card


@dataclass
class Collected:
    """The reviewed set, by what it is for.

    train, validation: inputs with labels, of the writers of these splits; none of the random sample.
    known: drawings that nothing is trained on: the random sample, and what the test writers drew.
    writers: of the drawings in `train`.
    """

    train: list[tuple[np.ndarray, int]] = field(default_factory=list)
    validation: list[tuple[np.ndarray, int]] = field(default_factory=list)
    known: list[ReviewedDrawing] = field(default_factory=list)
    writers: set[str] = field(default_factory=set)
    drawings: int = 0

    def add(self, drawing: ReviewedDrawing) -> None:
        """Sort in one drawing."""
        if drawing.split == "test" or drawing.is_sample:
            if len(self.known) < KNOWN_LIMIT:
                self.known.append(drawing)
        elif drawing.split == "validation":
            self.validation += drawing.digits
        elif drawing.digits:
            self.train += drawing.digits
            self.writers.add(drawing.writer)
            self.drawings += 1

    def counts(self) -> dict[str, Any]:
        """Return what the run's page and the card tell of it."""
        pixels = hashlib.sha256(b"".join(image.tobytes() + bytes([label]) for image, label in self.train))
        return {
            "drawings": self.drawings,
            "inputs": len(self.train),
            "writers": len(self.writers),
            "validation": len(self.validation),
            "known": len(self.known),
            "random_sample": 0,  # none of it is trained on, so that it can judge the candidate
            "sha256": pixels.hexdigest(),
        }


def labelled(inputs: list[tuple[np.ndarray, int]]) -> "LabelledImages":
    from ml.training.fine_tuning import LabelledImages

    images = np.stack([image for image, _ in inputs]) if inputs else np.empty((0, 28, 28), np.uint8)
    return LabelledImages(images, np.array([label for _, label in inputs], dtype=np.int64))


def known_drawings(drawings: list[ReviewedDrawing]) -> "KnownDrawings":
    """Return reviewed drawings as evaluation takes them."""
    from ml.evaluation.tuned_packing import KnownDrawings

    inks = [one.drawing.get("image") or one.drawing for one in drawings]
    return KnownDrawings(inks, [one.text for one in drawings])
