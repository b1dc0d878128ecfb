"""What a digit network is tuned on besides reviewed drawings: our own digits, or a training folder's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.digit_pools import Plan, load_pools
from ml.data.examples import Examples, render_pens
from ml.data.golden_digits import FIRST_SEED, draw_golden_pens
from ml.training.digit_dataset import load_training_set
from ml.training.fine_tuning import LabelledImages
from ml.types import CLASSES

STYLED_SHARE, NEGATIVE_SHARE = 0.25, 0.35  # of what is drawn without data; the rest are our own digits
HELD_OUT = 1_000  # images, of which the network learns nothing
HELD_OUT_SEED = 1_000_000


@dataclass(frozen=True)
class Others:
    """Images that were not reviewed.

    Attributes:
        images: to train on.
        held_out: of which the network learns nothing.
        mnist: how many of `images` are MNIST's.
        writers: of the pen-written digits among them.
    """

    images: LabelledImages
    held_out: LabelledImages
    mnist: int = 0
    writers: Sequence[int] = ()


def draw_others(count: int, seed: int) -> Others:
    """Return about `count` images that need no data, and HELD_OUT more: our digits, rare styles, and no digits.

    Cost: 3 ms an image.
    """
    return Others(_draw(count, seed), _draw(HELD_OUT, HELD_OUT_SEED))


def _draw(count: int, seed: int) -> LabelledImages:
    styled, negatives = int(count * STYLED_SHARE), int(count * NEGATIVE_SHARE)
    pens = draw_golden_pens(FIRST_SEED + seed * count, -(-(count - styled - negatives) // CLASSES))
    pools = load_pools(pens, Plan(1, styled, negatives, seed))
    drawn = LabelledImages(pools.images[0], pools.labels[0].astype(np.int64))
    return drawn.joined(from_examples(render_pens(pens[: len(pens) // 4])))  # some as the golden set is drawn


def load_others(data: Path, count: int) -> Others:
    """Return about `count` images of a training folder, with digits drawn from it, and its validation images."""
    found = load_training_set(data, limit=count // 3, rounds=1, processes=1)
    pools = LabelledImages(found.pools.images[0], found.pools.labels[0].astype(np.int64))
    images = LabelledImages(found.images, found.labels).joined(pools)
    return Others(images, from_examples(found.validation), len(found.images), found.writers)


def from_examples(examples: Examples) -> LabelledImages:
    """Return examples as bytes."""
    return LabelledImages(np.round(examples.images * 255).astype(np.uint8), examples.labels)
