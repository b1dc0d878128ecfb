"""The result types of recognition. Standard library only, so that web processes can import them cheaply."""

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SIDE = 28  # px: the network's input is SIDE x SIDE
CLASSES = 10
MAX_DIGITS = 16  # in one drawing
PREPROCESSING_VERSION = "ink-2"  # bump when the same digit would reach the network as different pixels
SEGMENTATION_VERSION = "line-3"  # bump when the same drawing could be split into different digits
PIPELINE_VERSION = f"{PREPROCESSING_VERSION} {SEGMENTATION_VERSION}"  # stored with every result


class Verdict(StrEnum):
    """Whether a reading can be trusted, needs a person to check it, or is not of digits at all."""

    DIGIT = "digit"
    UNSURE = "unsure"
    NOT_A_DIGIT = "not_a_digit"


@dataclass(frozen=True)
class DigitReading:
    """One digit of a reading.

    Attributes:
        confidence: the probability that this digit is right: the largest of `probabilities` times the probability
            that this ink is a digit at all.
        probabilities: ten numbers that sum to 1, given that this ink is a digit.
        box: x, y, width, height in the coordinates of the submitted drawing.
        input: the network's input, 784 bytes row by row, 255 = ink.
    """

    digit: int
    confidence: float
    probabilities: tuple[float, ...]
    box: tuple[float, float, float, float]
    input: bytes

    def as_dict(self) -> dict[str, Any]:
        """Return the digit as the API shows it."""
        return {
            "digit": self.digit,
            "confidence": self.confidence,
            "probabilities": list(self.probabilities),
            "box": list(self.box),
            "input": base64.b64encode(self.input).decode("ascii"),
        }


@dataclass(frozen=True)
class Reading:
    """The result for one drawing. `text` is always the best guess, whatever the verdict.

    Attributes:
        confidence: the probability that `text` is exactly what was written.
    """

    text: str
    verdict: Verdict
    confidence: float
    digits: tuple[DigitReading, ...]
    preprocessing: str = PIPELINE_VERSION

    def as_dict(self) -> dict[str, Any]:
        """Return the reading as the API shows it, ready for JSON."""
        return {
            "text": self.text,
            "verdict": self.verdict.value,
            "confidence": self.confidence,
            "digits": [digit.as_dict() for digit in self.digits],
            "preprocessing": self.preprocessing,
        }
