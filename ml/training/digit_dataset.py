"""The digit network's training data: MNIST, pen-written digits and hard negatives, augmented in each epoch."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from ml.data.augmentation import Strokes, augment_images
from ml.data.datasets import MNIST_HELD_OUT, Labels, PenDigit, load_mnist, load_pen_digits, split_writers
from ml.data.examples import Examples, concatenate, render_pens
from ml.data.hard_negatives import draw_hard_negatives
from ml.data.render_augmentation import render_augmented
from ml.data.templates import draw_template, rare_digit_templates
from ml.preprocessing.ink import Ink
from ml.training.digit_network import OUTPUTS
from ml.types import CLASSES, SIDE

BATCH = 128
PEN_ROUNDS = 2  # times each pen-written digit is drawn in an epoch, differently each time
RARE_STYLE_SHARE = 0.03  # of an epoch's images: digits in styles that are rare in the data
NEGATIVE_SHARE = 0.1


@dataclass(frozen=True)
class TrainingSet:
    """What a digit network is trained on.

    Attributes:
        images: (n, 28, 28).
        labels: (n,).
        pens: digits that are rendered differently in each epoch.
        validation: evaluated after each epoch for the history only; it selects nothing.
    """

    images: Ink
    labels: Labels
    pens: list[PenDigit]
    validation: Examples


def load_training_set(data: Path, limit: int | None = None) -> TrainingSet:
    """Return the training part of `data`, at most `limit` images and pen-written digits of it."""
    images, labels = load_mnist("train", data)
    pens, calibration_pens, _ = split_writers(load_pen_digits(data))
    kept = max(len(images) - MNIST_HELD_OUT, 1)
    held_out = Examples(images[kept:][:limit], labels[kept:][:limit])
    validation = concatenate(held_out, render_pens(calibration_pens[:limit])) if calibration_pens else held_out
    return TrainingSet(images[:kept][:limit], labels[:kept][:limit], pens[:limit], validation)


def draw_pens(strokes: list[Strokes], rng: np.random.Generator) -> Ink:
    """Return (n, 28, 28) of digits given as strokes, each rendered with a random augmentation."""
    drawn = np.empty((len(strokes), SIDE, SIDE), dtype=np.float32)
    for place, digit in enumerate(strokes):
        drawn[place] = render_augmented(digit, rng)
    return drawn


def one_hot(labels: Labels) -> Ink:
    """Return (n, 11): 1 for the label, 0 elsewhere."""
    return np.eye(OUTPUTS, dtype=np.float32)[labels]


class AugmentedBatches(keras.utils.PyDataset):
    """Shuffled, augmented batches. Pen-written digits and hard negatives differ in each epoch."""

    def __init__(self, training_set: TrainingSet, seed: int) -> None:
        super().__init__()
        self.training_set, self.rng = training_set, np.random.default_rng(seed)
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Draw the images of the next epoch."""
        pens = self.training_set.pens * PEN_ROUNDS
        count = len(self.training_set.images) + len(pens)
        templates = rare_digit_templates()
        rare = [templates[place] for place in self.rng.integers(len(templates), size=int(count * RARE_STYLE_SHARE))]
        jittered = [draw_template(template, self.rng, is_round=self.rng.uniform() < 0.8) for _, template in rare]
        negatives = draw_hard_negatives(int(count * NEGATIVE_SHARE), [pen.strokes for pen in pens], self.rng)
        written = draw_pens([pen.strokes for pen in pens] + jittered, self.rng)
        self.images = np.concatenate([self.training_set.images, written, negatives])
        labels = [pen.digit for pen in pens] + [digit for digit, _ in rare] + [CLASSES] * len(negatives)
        self.labels = np.concatenate([self.training_set.labels, np.array(labels, dtype=np.int64)])
        self.order = self.rng.permutation(len(self.images))

    def __len__(self) -> int:
        return -(-len(self.order) // BATCH)

    def __getitem__(self, place: int) -> tuple[Ink, Ink]:
        chosen = self.order[place * BATCH : (place + 1) * BATCH]
        return augment_images(self.images[chosen], self.rng), one_hot(self.labels[chosen])

    def counts(self) -> dict[str, int]:
        """Return the number of images of each kind, for the model card."""
        return {
            "mnist": len(self.training_set.images),
            "pen digits": len(self.training_set.pens),
            "drawn per epoch": len(self.images),
            "no digits per epoch": int((self.labels == CLASSES).sum()),
            "validation": len(self.training_set.validation.labels),
        }
