"""Find the errors with the highest confidence. They show drawings of the data sets, so they must not be published."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.datasets import load_mnist, load_pen_digits, split_writers
from ml.data.examples import Examples, draw_negative_examples, render_pens
from ml.evaluation.accuracy import TEST_SEED
from ml.preprocessing.ink import Ink
from ml.recognition.reader import Calibration
from ml.recognition.runtimes import Network
from ml.types import CLASSES

SHOWN = 20
NEGATIVES = 1_000


@dataclass(frozen=True)
class WorstError:
    """A wrong reading.

    Attributes:
        image: (28, 28), as the network saw it.
        label: None if it is not a digit.
        read: the digit that was read.
        confidence: of the reading.
    """

    image: Ink
    label: int | None
    read: int
    confidence: float


def find_worst_errors(
    network: Network, calibration: Calibration, folder: Path, limit: int | None = None
) -> dict[str, list[WorstError]]:
    """Return the errors on each test set, the most confident first.

    Args:
        network: the network.
        calibration: its calibration.
        folder: the data.
        limit: use only the first `limit` drawings of each set.
    """
    images, labels = load_mnist("test", folder)
    sets = {"MNIST test set": Examples(images[:limit], labels[:limit])}
    _, _, test_pens = split_writers(load_pen_digits(folder))
    if test_pens:
        sets["Held-out writers"] = render_pens(test_pens[:limit])
    sets["Not digits"] = draw_negative_examples(test_pens, limit or NEGATIVES, TEST_SEED)
    return {name: _most_confident_errors(network, calibration, examples) for name, examples in sets.items()}


def _most_confident_errors(network: Network, calibration: Calibration, examples: Examples) -> list[WorstError]:
    probabilities, chance = calibration.calibrate(network.logits(examples.images))
    read, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1) * chance
    wrong = np.flatnonzero(read != examples.labels)
    return [
        WorstError(
            examples.images[place],
            int(examples.labels[place]) if examples.labels[place] < CLASSES else None,
            int(read[place]),
            float(confidence[place]),
        )
        for place in wrong[np.argsort(-confidence[wrong])][:SHOWN]
    ]
