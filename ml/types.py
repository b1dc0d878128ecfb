"""The words for what was read, in the standard library alone, so that every process may import them."""

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SIDE = 28  # the network sees SIDE x SIDE pixels
CLASSES = 10
MOST_DIGITS = 16  # on one page
PREPROCESSING = "ink-2"  # changes whenever the same digit would give the network other pixels
SEGMENTATION = "line-2"  # changes whenever the same page may be parted into other digits
PREPARED = f"{PREPROCESSING} {SEGMENTATION}"  # part of every result


class Verdict(StrEnum):
    """What may be done with a reading: trust it, look at it, or ask for a digit."""

    DIGIT = "digit"
    UNSURE = "unsure"
    NOT_A_DIGIT = "not_a_digit"


@dataclass(frozen=True)
class Guess:
    """One digit of a reading.

    probabilities: ten numbers that sum to 1, given that it is a digit.
    confidence: the chance that it is this digit, so the greatest probability times the chance of being a digit.
    box: x, y, width, height in the coordinates of what was sent.
    input: the 784 bytes that the network saw, row by row, 255 = ink.
    """

    digit: int
    confidence: float
    probabilities: tuple[float, ...]
    box: tuple[float, float, float, float]
    input: bytes

    def as_dict(self) -> dict[str, Any]:
        """Return the guess as the API shows it."""
        return {
            "digit": self.digit,
            "confidence": self.confidence,
            "probabilities": list(self.probabilities),
            "box": list(self.box),
            "input": base64.b64encode(self.input).decode("ascii"),
        }


@dataclass(frozen=True)
class Reading:
    """What was read on one page: always the best text, whatever the verdict says of it.

    confidence: the chance that `text` is exactly what was written.
    """

    text: str
    verdict: Verdict
    confidence: float
    digits: tuple[Guess, ...]
    preprocessing: str = PREPARED

    def as_dict(self) -> dict[str, Any]:
        """Return the reading as the API shows it, ready for JSON."""
        return {
            "text": self.text,
            "verdict": self.verdict.value,
            "confidence": self.confidence,
            "digits": [guess.as_dict() for guess in self.digits],
            "preprocessing": self.preprocessing,
        }
