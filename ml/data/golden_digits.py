"""Our own digits as pen-written ones, to train on where there are no data sets."""

import numpy as np

from ml.data.datasets import PenDigit
from ml.golden import golden_drawing
from ml.types import CLASSES

VARIATIONS = 200  # of each digit
FIRST_SEED = 10_000  # models are compared on drawings with seeds below


def draw_golden_pens(first_seed: int = FIRST_SEED, variations: int = VARIATIONS) -> list[PenDigit]:
    """Return variations of our templates, all ten digits in turn. They have one writer: three hands are few."""
    return [
        PenDigit(digit, 0, [np.array(stroke) for stroke in golden_drawing(digit, seed)["strokes"]])
        for seed in range(first_seed, first_seed + variations)
        for digit in range(CLASSES)
    ]
