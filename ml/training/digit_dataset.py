"""The digit network's training data: MNIST, drawn digits, hard negatives and reviewed inputs, shuffled into batches."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from ml.data.datasets import MNIST_HELD_OUT, Labels, PenDigit, load_mnist, load_pen_digits, split_writers
from ml.data.digit_pools import Bytes, Plan, Pools, load_pools
from ml.data.examples import Examples, concatenate, render_pens
from ml.data.golden_digits import FIRST_SEED, VARIATIONS, draw_golden_pens
from ml.data.reviewed import Reviewed
from ml.preprocessing.ink import Ink
from ml.training.digit_network import OUTPUTS
from ml.types import CLASSES, SIDE

PEN_ROUNDS = 2  # rounds of the pools in an epoch, in each of which every pen-written digit is drawn once
ROUNDS = 20  # in the pools
STYLED_SHARE = 0.045  # of an epoch's images: digits in styles that are rare in the data
NEGATIVE_SHARE = 0.135
REVIEWED_SHARE = 0.1  # of an epoch's images
MOST_REPEATS = 20  # of a reviewed input in an epoch, so that a few do not outweigh the rest
GOLDEN_VALIDATION = 20  # variations of each of our own digits


@dataclass(frozen=True)
class TrainingSet:
    """What a digit network is trained on.

    Attributes:
        images: (n, 28, 28) uint8, 255 = ink.
        labels: (n,).
        pools: pen-written digits, styled digits and negatives, of which each epoch uses other rounds.
        writers: of the pen-written digits.
        validation: evaluated for the history only; it selects nothing.
        data: what it was made of, for the model card.
        reviewed: inputs of a service's reviewed set, which make up REVIEWED_SHARE of an epoch; None for none.
    """

    images: Bytes
    labels: Labels
    pools: Pools
    writers: list[int]
    validation: Examples
    data: tuple[str, ...] = ("mnist", "pen digits")
    reviewed: Reviewed | None = None


def load_training_set(
    data: Path, limit: int | None = None, rounds: int = ROUNDS, processes: int | None = None, cache: Path | None = None
) -> TrainingSet:
    """Return the training part of `data`, at most `limit` images and pen-written digits of it.

    Args:
        data: the data folder.
        limit: for a quick trial.
        rounds: of drawn digits.
        processes: that draw; by default one a CPU.
        cache: folder that keeps what was drawn for further runs.
    """
    images, labels = load_mnist("train", data)
    pens, calibration_pens, _ = split_writers(load_pen_digits(data))
    kept = max(len(images) - MNIST_HELD_OUT, 1)
    held_out = Examples(images[kept:][:limit], labels[kept:][:limit])
    validation = concatenate(held_out, render_pens(calibration_pens[:limit])) if calibration_pens else held_out
    images, labels, pens = images[:kept][:limit], labels[:kept][:limit], pens[:limit]
    pools = load_pools(pens, plan_pools(len(images), pens, rounds), processes or os.cpu_count() or 1, cache)
    writers = sorted({pen.writer for pen in pens})
    return TrainingSet(np.round(images * 255).astype(np.uint8), labels, pools, writers, validation)


def draw_training_set(
    limit: int | None = None, rounds: int = ROUNDS, processes: int | None = None, cache: Path | None = None
) -> TrainingSet:
    """Return a training set of variations of our own templates alone, for where there are no data sets.

    Arguments are those of `load_training_set`.
    """
    pens = draw_golden_pens()[:limit]
    validation = render_pens(draw_golden_pens(FIRST_SEED + VARIATIONS, GOLDEN_VALIDATION)[:limit])
    pools = load_pools(pens, plan_pools(0, pens, rounds), processes or os.cpu_count() or 1, cache)
    none = np.empty((0, SIDE, SIDE), np.uint8)
    return TrainingSet(none, np.empty(0, np.int64), pools, [], validation, data=("templates",))


def add_reviewed(training_set: TrainingSet, reviewed: Reviewed) -> TrainingSet:
    """Return the training set with a reviewed set: its training split in each epoch, and its validation split."""
    validation = concatenate(training_set.validation, reviewed.validation)
    return replace(training_set, validation=validation, data=(*training_set.data, "reviewed"), reviewed=reviewed)


def plan_pools(images: int, pens: list[PenDigit], rounds: int) -> Plan:
    """Return what to draw for a number of MNIST's images and these pen-written digits."""
    digits = images + PEN_ROUNDS * len(pens)
    return Plan(rounds, int(digits * STYLED_SHARE) // PEN_ROUNDS, int(digits * NEGATIVE_SHARE) // PEN_ROUNDS)


def one_hot(labels: Labels) -> Ink:
    """Return (n, 11): 1 for the label, 0 elsewhere."""
    return np.eye(OUTPUTS, dtype=np.float32)[labels]


class EpochBatches(keras.utils.PyDataset):
    """An epoch's images in shuffled batches, all of one size: a remainder is left out, since each size is compiled."""

    def __init__(self, training_set: TrainingSet, seed: int, batch: int) -> None:
        super().__init__()
        self.training_set, self.seed = training_set, seed
        self.start_epoch(0)
        self.batch = min(batch, len(self.images))

    def start_epoch(self, epoch: int) -> None:
        """Choose and shuffle the images of an epoch; they depend on nothing but the seed and the epoch."""
        pools = self.training_set.pools
        rounds = [_choose_round(len(pools.images), self.seed, epoch * PEN_ROUNDS + turn) for turn in range(PEN_ROUNDS)]
        images = [self.training_set.images, *(pools.images[chosen] for chosen in rounds)]
        labels = [self.training_set.labels, *(pools.labels[chosen] for chosen in rounds)]
        if reviewed := self.training_set.reviewed:
            others = sum(len(part) for part in labels)
            chosen = _choose_reviewed(len(reviewed.labels), others, np.random.default_rng([self.seed, epoch, others]))
            images, labels = [*images, reviewed.images[chosen]], [*labels, reviewed.labels[chosen]]
        self.images = np.concatenate(images)
        self.labels = one_hot(np.concatenate(labels).astype(np.int64))
        self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.images))

    def __len__(self) -> int:
        return len(self.order) // self.batch

    def __getitem__(self, place: int) -> tuple[Bytes, Ink]:
        chosen = self.order[place * self.batch : (place + 1) * self.batch]
        return self.images[chosen], self.labels[chosen]

    def counts(self) -> dict[str, int]:
        """Return the number of images of each kind, for the model card."""
        counts = {
            "mnist": len(self.training_set.images),
            "drawn rounds": len(self.training_set.pools.images),
            "drawn per epoch": len(self.images),
            "no digits per epoch": int(self.labels[:, CLASSES].sum()),
            "validation": len(self.training_set.validation.labels),
        }
        if reviewed := self.training_set.reviewed:
            others = len(self.training_set.images) + PEN_ROUNDS * self.training_set.pools.images.shape[1]
            counts["reviewed"] = len(reviewed.labels)
            counts["reviewed writers"] = reviewed.writers
            counts["reviewed per epoch"] = len(self.images) - others
            counts["reviewed validation"] = len(reviewed.validation.labels)
        return counts


def _choose_reviewed(count: int, others: int, rng: np.random.Generator) -> Labels:
    """Return which of `count` reviewed inputs are in an epoch with so many other images: each as often, give or take 1.

    They make up REVIEWED_SHARE of it, unless each would come more than MOST_REPEATS times.
    """
    wanted = min(round(others * REVIEWED_SHARE / (1 - REVIEWED_SHARE)), count * MOST_REPEATS)
    turns = -(-wanted // max(count, 1))
    return np.concatenate([np.empty(0, np.int64), *(rng.permutation(count) for _ in range(turns))])[:wanted]


def _choose_round(rounds: int, seed: int, turn: int) -> int:
    """Return the round for a turn: each once, in random order, before any comes again."""
    cycle, place = divmod(turn, rounds)
    return int(np.random.default_rng([seed, cycle, rounds]).permutation(rounds)[place])
