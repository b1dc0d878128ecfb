"""Pages in, Readings out: classify all digits in one pass, calibrate, decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.digits import CLASSES, PREPROCESSING, Guess, Reading, Verdict
from ml.ink import Ink
from ml.runtime import Network
from ml.segment import Candidate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """What turns logits into chances and chances into verdicts; fitted on held-out drawings, kept in the card.

    temperature: divides the ten digits' logits.
    slope, offset: of the logistic curve from "how much more a digit than none" to the chance of being a digit.
    least_digit: a smaller chance of being a digit is the verdict not_a_digit.
    least_sure: a smaller confidence is the verdict unsure.
    """

    temperature: float
    slope: float
    offset: float
    least_digit: float
    least_sure: float

    def chances(self, logits: Ink) -> tuple[Floats, Floats]:
        """Give (n, 10) probabilities given a digit, and (n,) chances that it is one, for (n, 11) logits."""
        ten = logits[:, :CLASSES].astype(np.float64)
        scaled = np.exp((ten - ten.max(axis=1, keepdims=True)) / self.temperature)
        margin = self.slope * digit_margin(logits) + self.offset
        return scaled / scaled.sum(axis=1, keepdims=True), 1 / (1 + np.exp(-np.clip(margin, -60, 60)))

    def verdict(self, is_digit: float, confidence: float) -> Verdict:
        """Give the verdict on one digit."""
        if is_digit < self.least_digit:
            return Verdict.NOT_A_DIGIT
        return Verdict.DIGIT if confidence >= self.least_sure else Verdict.UNSURE


def digit_margin(logits: Ink) -> Floats:
    """Give (n,): the ten digits' logits taken together (log of the sum of their exponentials) over that of "none"."""
    return np.asarray(np.logaddexp.reduce(logits[:, :CLASSES].astype(np.float64), axis=1) - logits[:, CLASSES])


class Reader:
    """A network with its calibration. Not to be called by two threads at once."""

    def __init__(self, network: Network, card: dict[str, Any]) -> None:
        self.network = network
        self.calibration = Calibration(**card["calibration"])

    def read(self, pages: Sequence[Sequence[Candidate]]) -> list[Reading]:
        """Read pages of candidates, as `find_digits` gives them: all digits of all pages in one forward pass."""
        inputs = [candidate.input for page in pages for candidate in page]
        if not inputs:
            return [Reading("", Verdict.NOT_A_DIGIT, 0.0, ()) for _ in pages]
        probabilities, is_digit = self.calibration.chances(self.network.logits(np.stack(inputs)))
        rows = zip(probabilities, is_digit.tolist(), strict=True)
        return [self._reading(page, rows) for page in pages]

    def _reading(self, page: Sequence[Candidate], rows: Iterator[tuple[Floats, float]]) -> Reading:
        """Take the page's rows off the pass and give its reading; its verdict is the worst of its digits'."""
        guesses, verdicts = [], []
        for candidate, (probabilities, is_digit) in zip(page, islice(rows, len(page)), strict=True):
            digit = int(probabilities.argmax())
            confidence = float(probabilities[digit]) * is_digit
            verdicts.append(self.calibration.verdict(is_digit, confidence))
            seen = np.round(candidate.input * 255).astype(np.uint8).tobytes()
            guesses.append(Guess(digit, confidence, tuple(probabilities.tolist()), candidate.box, seen))
        order = (Verdict.NOT_A_DIGIT, Verdict.UNSURE, Verdict.DIGIT)
        verdict = min(verdicts, key=order.index, default=Verdict.NOT_A_DIGIT)
        text = "".join(str(guess.digit) for guess in guesses)
        confidence = float(np.prod([guess.confidence for guess in guesses])) if guesses else 0.0
        return Reading(text, verdict, confidence, tuple(guesses), PREPROCESSING)
