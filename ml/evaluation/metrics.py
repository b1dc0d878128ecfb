"""Plain measures of how far a confidence can be believed. NumPy only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """What was claimed and what came of it, in equal bins of confidence; each (BINS,), 0 where a bin is empty."""

    confidence: Floats
    right: Floats
    count: NDArray[np.int64]

    def as_dict(self) -> dict[str, list[float]]:
        """Return it as lists, ready for JSON."""
        return {
            "confidence": [round(value, 5) for value in self.confidence.tolist()],
            "right": [round(value, 5) for value in self.right.tolist()],
            "count": self.count.tolist(),
        }


def reliability(confidence: Floats, right: Bools, bins: int = BINS) -> Reliability:
    """Return mean confidence, share of right readings and count in each bin."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    known = np.maximum(count, 1)
    claimed = np.bincount(place, confidence, bins) / known
    return Reliability(claimed, np.bincount(place, right.astype(float), bins) / known, count)


def calibration_error(confidence: Floats, right: Bools, bins: int = BINS) -> float:
    """Return the expected calibration error: how far confidence and share of right readings are apart, in bins."""
    found = reliability(confidence, right, bins)
    return float((np.abs(found.confidence - found.right) * found.count).sum() / max(len(confidence), 1))


def auroc(confidence: Floats, right: Bools) -> float:
    """Return the chance that a right reading is surer than a wrong one, ties counted half; nan if there is only one kind.

    By ranks: Mann and Whitney, "On a test of whether one of two random variables is stochastically larger", 1947.
    """
    rights, wrongs = int(right.sum()), int((~right).sum())
    if not rights or not wrongs:
        return float("nan")
    _, place, count = np.unique(confidence, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[right].sum() - rights * (rights + 1) / 2) / (rights * wrongs))


def brier(confidence: Floats, right: Bools) -> float:
    """Return the mean squared distance of confidence from what came of it."""
    return float(np.mean((confidence - right) ** 2))


def brier_of_constant(right: Bools) -> float:
    """Return the Brier score of always saying the share that is right."""
    return float(right.mean() * (1 - right.mean()))


def trust(confidence: Floats, right: Bools) -> dict[str, float | None]:
    """Return all of these measures, by name; None where one means nothing."""
    area = auroc(confidence, right)
    return {
        "calibration_error": round(calibration_error(confidence, right), 5),
        "auroc": None if np.isnan(area) else round(area, 5),
        "brier": round(brier(confidence, right), 5),
        "brier_of_constant": round(brier_of_constant(right), 5),
    }
