"""The worst mistakes: readings that were wrong and sure of it. Pictures of a data set stay with whoever has it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.datasets import load_mnist, load_pen_digits, split_writers
from ml.data.examples import Examples, of_nondigits, of_pens
from ml.evaluation.accuracy import SCORING_SEED
from ml.preprocessing.ink import Ink
from ml.recognition.reader import Calibration
from ml.recognition.runtimes import Network
from ml.types import CLASSES

SHOWN = 20
NONDIGITS = 1_000


@dataclass(frozen=True)
class Mistake:
    """What the network saw, (28, 28); what it was, None if no digit; what was read, and how surely."""

    image: Ink
    label: int | None
    read: int
    confidence: float


def find_mistakes(
    network: Network, calibration: Calibration, folder: Path, limit: int | None = None
) -> dict[str, list[Mistake]]:
    """Return the surest mistakes on each set that was never learned from, the surest first. limit: of each set."""
    images, labels = load_mnist("test", folder)
    sets = {"MNIST's test set": Examples(images[:limit], labels[:limit])}
    _, _, scored = split_writers(load_pen_digits(folder))
    if scored:
        sets["Writers never seen"] = of_pens(scored[:limit])
    sets["No digits"] = of_nondigits(scored, limit or NONDIGITS, SCORING_SEED)
    return {name: _surest(network, calibration, examples) for name, examples in sets.items()}


def _surest(network: Network, calibration: Calibration, examples: Examples) -> list[Mistake]:
    probabilities, chance = calibration.calibrate(network.logits(examples.images))
    read, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1) * chance
    wrong = np.flatnonzero(read != examples.labels)
    return [
        Mistake(
            examples.images[place],
            int(examples.labels[place]) if examples.labels[place] < CLASSES else None,
            int(read[place]),
            float(confidence[place]),
        )
        for place in wrong[np.argsort(-confidence[wrong])][:SHOWN]
    ]
