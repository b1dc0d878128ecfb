"""The result types of recognition. Standard library only, so that web processes can import them cheaply."""

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SIDE = 28  # px: the network's input is SIDE x SIDE
CLASSES = 10
SIGNS = "-.,/:%+()°$€£×"
OTHER_INK = "?"  # in `Reading.written`: ink that is neither a digit nor one of SIGNS, as a letter is
CROSSED_OUT = "#"  # in `Reading.written`: ink that was struck through
MAX_DIGITS = 32  # in one drawing
MAX_TEXT_CHARS = 64  # of what was written, and of what a person says was
PREPROCESSING_VERSION = "ink-4"  # bump when the same digit would reach the network as different pixels
SEGMENTATION_VERSION = "line-5"  # bump when the same drawing could be split into different digits
PIPELINE_VERSION = f"{PREPROCESSING_VERSION} {SEGMENTATION_VERSION}"  # stored with every result

CONFIDENCE_EDGES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)  # where the bins of distributions meet
INK_EDGES = {  # the same of the measures of `ml.recognition.ink_measures`
    "stroke": (1.5, 2.0, 2.5, 3.0, 3.5, 4.0),  # px of the network's input
    "aspect": (0.25, 0.4, 0.55, 0.7, 0.85, 1.0),  # width by height
    "tilt": (-15.0, -5.0, 5.0, 15.0, 25.0, 35.0),  # degrees to the right
}


class Verdict(StrEnum):
    """Whether a reading can be trusted, needs a person to check it, or is not of digits at all."""

    DIGIT = "digit"
    UNSURE = "unsure"
    NOT_A_DIGIT = "not_a_digit"


class Reason(StrEnum):
    """Why a reading is not sure, or what stands on the page besides a plain number. Stored; never rename one."""

    SIGN = "sign"  # signs stand between or beside the digits, and were not expected
    OTHER_INK = "other_ink"  # letters, drawings or anything else that is not part of a number
    CROSSED_OUT = "crossed_out"
    SEVERAL_LINES = "several_lines"
    TOO_SMALL = "too_small"  # too few pixels to tell digits apart
    LOW_CONTRAST = "low_contrast"
    EDGE_OF_SHADOW = "edge_of_shadow"
    TOUCHING = "touching"  # digits run into one another
    CLOSE_CALL = "close_call"  # another text is nearly as likely
    UNCLEAR = "unclear"  # hard to tell, with no more precise reason
    UNEXPECTED = "unexpected"  # the best reading breaks what was expected


@dataclass(frozen=True)
class SymbolReading:
    """One digit or sign of a reading.

    Attributes:
        symbol: a digit, one of SIGNS, OTHER_INK or CROSSED_OUT.
        confidence: the probability that this symbol is right.
        box: x, y, width, height in the coordinates of the submitted drawing.
    """

    symbol: str
    confidence: float
    box: tuple[float, float, float, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the symbol as the API shows it."""
        return {"symbol": self.symbol, "confidence": self.confidence, "box": list(self.box)}


@dataclass(frozen=True)
class Alternative:
    """A text that may have been written instead, with its probability."""

    text: str
    probability: float

    def as_dict(self) -> dict[str, Any]:
        """Return the alternative as the API shows it."""
        return {"text": self.text, "probability": self.probability}


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
        text: digits alone, unless an expectation allows signs.
        confidence: the probability that `text` is exactly what was written.
        written: all that stands there, as symbols; "" if unknown.
        symbols: each symbol of `written`.
        reasons: why the verdict is not `digit`; empty if it is.
        alternatives: other texts, the likeliest first.
    """

    text: str
    verdict: Verdict
    confidence: float
    digits: tuple[DigitReading, ...]
    preprocessing: str = PIPELINE_VERSION
    written: str = ""
    symbols: tuple[SymbolReading, ...] = ()
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the reading ready for JSON, as a Prediction stores it; the API adds a sentence to each reason."""
        return {
            "text": self.text,
            "verdict": self.verdict.value,
            "confidence": self.confidence,
            "digits": [digit.as_dict() for digit in self.digits],
            "preprocessing": self.preprocessing,
            "written": self.written,
            "symbols": [symbol.as_dict() for symbol in self.symbols],
            "reasons": [reason.value for reason in self.reasons],
            "alternatives": [alternative.as_dict() for alternative in self.alternatives],
        }
