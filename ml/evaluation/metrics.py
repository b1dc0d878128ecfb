"""Metrics of confidence: calibration error, AUROC, Brier score. NumPy only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BINS = 15


@dataclass(frozen=True)
class ReliabilityBins:
    """A reliability diagram: bins of equal width over confidence. All arrays are (BINS,), 0 where a bin is empty.

    Attributes:
        confidence: mean confidence in the bin.
        right: share of correct readings.
        count: number of readings.
    """

    confidence: Floats
    right: Floats
    count: NDArray[np.int64]

    def as_dict(self) -> dict[str, list[float]]:
        """Return the bins as lists, ready for JSON."""
        return {
            "confidence": [round(value, 5) for value in self.confidence.tolist()],
            "right": [round(value, 5) for value in self.right.tolist()],
            "count": self.count.tolist(),
        }


def reliability_bins(confidence: Floats, right: Bools, bins: int = BINS) -> ReliabilityBins:
    """Sort readings into bins by confidence. confidence: (n,) in [0, 1]; right: (n,)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    known = np.maximum(count, 1)
    mean_confidence = np.bincount(place, confidence, bins) / known
    return ReliabilityBins(mean_confidence, np.bincount(place, right.astype(float), bins) / known, count)


def expected_calibration_error(confidence: Floats, right: Bools, bins: int = BINS) -> float:
    """Return the expected calibration error (ECE): the mean gap between confidence and accuracy, weighted by bin."""
    found = reliability_bins(confidence, right, bins)
    return float((np.abs(found.confidence - found.right) * found.count).sum() / max(len(confidence), 1))


def auroc(confidence: Floats, right: Bools) -> float:
    """Return the area under the ROC curve: the probability that a correct reading has more confidence than a wrong one.

    Ties count half. The result is nan if all readings are correct, or all wrong.

    Source: Mann, Whitney, "On a test of whether one of two random variables is stochastically larger", 1947.
    """
    rights, wrongs = int(right.sum()), int((~right).sum())
    if not rights or not wrongs:
        return float("nan")
    _, place, count = np.unique(confidence, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[right].sum() - rights * (rights + 1) / 2) / (rights * wrongs))


def brier_score(confidence: Floats, right: Bools) -> float:
    """Return the Brier score: the mean squared difference between confidence and outcome."""
    return float(np.mean((confidence - right) ** 2))


def brier_of_constant(right: Bools) -> float:
    """Return the Brier score of a constant confidence equal to the accuracy."""
    return float(right.mean() * (1 - right.mean()))


def measure_confidence(confidence: Floats, right: Bools) -> dict[str, float | None]:
    """Return all of these metrics by name; AUROC is None where it is undefined."""
    area = auroc(confidence, right)
    return {
        "calibration_error": round(expected_calibration_error(confidence, right), 5),
        "auroc": None if np.isnan(area) else round(area, 5),
        "brier": round(brier_score(confidence, right), 5),
        "brier_of_constant": round(brier_of_constant(right), 5),
    }
