"""Our own golden drawings, turned, squeezed and shaken further than learning ever does: what may be shown to all."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.data.augmentation import Strokes
from ml.golden import golden_drawing
from ml.preprocessing.ink import Page
from ml.preprocessing.strokes import render_strokes
from ml.recognition.reader import Reader
from ml.recognition.text_line import find_text_line
from ml.types import CLASSES, Reading

TRIED, SEED = 3_000, 404
SHOWN = 12


@dataclass(frozen=True)
class Sample:
    """A drawing with what it was meant to be and what was read."""

    page: Page
    digit: int
    reading: Reading

    @property
    def is_right(self) -> bool:
        """Return whether it was read as it was meant."""
        return self.reading.text == str(self.digit)


def golden_strokes(digit: int, seed: int) -> Strokes:
    """Return the strokes of a golden drawing, (points, 2) each."""
    return [np.array(stroke) for stroke in golden_drawing(digit, seed)["strokes"]]


def read_wild_drawings(reader: Reader, count: int = TRIED) -> list[Sample]:
    """Return `count` wild drawings, each digit as often, with their readings; always the same drawings."""
    rng = np.random.default_rng(SEED)
    digits = [place % CLASSES for place in range(count)]
    pages = [_draw_wildly(digit, seed, rng) for seed, digit in enumerate(digits)]
    readings = reader.read([find_text_line(page) for page in pages])
    return [Sample(*found) for found in zip(pages, digits, readings, strict=True)]


def sum_up_wild(samples: list[Sample]) -> dict[str, Any]:
    """Return how many were read rightly, and the surest mistakes with the pixels that the network saw."""
    wrong = sorted((sample for sample in samples if not sample.is_right), key=lambda found: -found.reading.confidence)
    mistakes = [
        {
            "drawn": sample.digit,
            "read": sample.reading.text,
            "verdict": sample.reading.verdict.value,
            "confidence": round(sample.reading.confidence, 4),
            "input": base64.b64encode(sample.reading.digits[0].input).decode("ascii"),
        }
        for sample in wrong[:SHOWN]
    ]
    return {"count": len(samples), "accuracy": round(1 - len(wrong) / len(samples), 5), "mistakes": mistakes}


def _draw_wildly(digit: int, seed: int, rng: np.random.Generator) -> Page:
    """Return a golden drawing turned, slanted, squeezed and shaken."""
    angle, slant, wide = rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5), np.exp(rng.uniform(-0.6, 0.4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[wide, slant], [0.0, 1.0]])
    wild = [stroke @ matrix.T + _tremble(len(stroke), rng) for stroke in golden_strokes(digit, seed)]
    return render_strokes([stroke.tolist() for stroke in wild], pen_px=float(rng.uniform(3, 34)))


def _tremble(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return (count, 2) px of a hand that is unsteady: neighbours err alike."""
    steps = rng.normal(0, rng.uniform(0, 8), (count + 8, 2))
    return np.stack([np.convolve(steps[:, axis], np.ones(9) / 9, "valid") for axis in (0, 1)], axis=-1) * 2
