"""Turn scores into probabilities, and those into verdicts. Fitted on held-out drawings, stored in the model card."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink
from ml.types import CLASSES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Converts the digit network's logits to probabilities.

    Attributes:
        temperature: divides the ten digits' logits.
        slope, offset: of the logistic function from `digit_margin` to the probability that it is a digit.
    """

    temperature: float
    slope: float
    offset: float

    def calibrate(self, logits: Ink) -> tuple[Floats, Floats]:
        """Return (n, 10) probabilities given a digit, and (n,) that it is one, for (n, 11) logits."""
        ten = logits[:, :CLASSES].astype(np.float64)
        scaled = np.exp((ten - ten.max(axis=1, keepdims=True)) / self.temperature)
        margin = self.slope * digit_margin(logits) + self.offset
        return scaled / scaled.sum(axis=1, keepdims=True), 1 / (1 + np.exp(-np.clip(margin, -60, 60)))


def digit_margin(logits: Ink) -> Floats:
    """Return (n,): log of the summed exponentials of the ten digits' logits, less the logit of "none"."""
    return np.asarray(np.logaddexp.reduce(logits[:, :CLASSES].astype(np.float64), axis=1) - logits[:, CLASSES])


@dataclass(frozen=True)
class Decision:
    """How the line recognizer and the digit network are combined, and when a text is sure.

    Attributes:
        single_weight, weight: of the digit network's opinion, for a line of one symbol and for each of several.
        least_opinion: bounds the digit network's doubt.
        single_slope, single_offset: of the logistic function from the log-odds of a text of one symbol to the
            probability that it is right.
        slope, length, offset: of the same function for longer texts, which depends on the log of their length too.
        least_sure: a smaller confidence means unsure.
    """

    single_weight: float = 0.5
    weight: float = 0.25
    least_opinion: float = 0.02
    single_slope: float = 1.0
    single_offset: float = 0.0
    slope: float = 1.0
    length: float = 0.0
    offset: float = 0.0
    least_sure: float = 0.9

    def confidence(self, probability: float, symbols: int) -> float:
        """Return the probability that a text of so many symbols is right."""
        odds = log_odds(probability)
        if symbols == 1:
            score = self.single_slope * odds + self.single_offset
        else:
            score = self.slope * odds + self.length * math.log(symbols) + self.offset
        return 1 / (1 + math.exp(-min(max(score, -60.0), 60.0)))


def log_odds(probability: float) -> float:
    """Return the log of a probability over its complement, bounded."""
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
