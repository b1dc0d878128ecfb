"""Stress test: our own golden drawings, distorted more than in training. Their pictures may be published."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.cases.case_page import Drawing
from ml.evaluation.reading import BLANK, page_of, read_drawings
from ml.golden import golden_drawing
from ml.preprocessing.ink import Page
from ml.recognition.reader import Reader
from ml.types import CLASSES, Reading

DRAWINGS, SEED = 3_000, 404
SHOWN = 12


@dataclass(frozen=True)
class Sample:
    """A drawing, its label and its reading."""

    drawing: Drawing
    digit: int
    reading: Reading

    @property
    def page(self) -> Page:
        """Return the drawing's ink."""
        return page_of(self.drawing)

    @property
    def is_right(self) -> bool:
        """Return whether the text is the label."""
        return self.reading.text == str(self.digit)


def golden_strokes(digit: int, seed: int) -> Strokes:
    """Return the strokes of a golden drawing, each (points, 2)."""
    return [np.array(stroke) for stroke in golden_drawing(digit, seed)["strokes"]]


def read_stress_drawings(reader: Reader, count: int = DRAWINGS) -> list[Sample]:
    """Read `count` distorted drawings, the same number of each digit. The drawings are the same at each call."""
    rng = np.random.default_rng(SEED)
    digits = [place % CLASSES for place in range(count)]
    drawings = [_draw_distorted(digit, seed, rng) for seed, digit in enumerate(digits)]
    readings = [reading or BLANK for reading in read_drawings(reader, drawings)]
    return [Sample(*found) for found in zip(drawings, digits, readings, strict=True)]


def summarize_stress(samples: list[Sample]) -> dict[str, Any]:
    """Return the accuracy, and the most confident errors with the pixels that the network saw."""
    wrong = sorted((sample for sample in samples if not sample.is_right), key=lambda found: -found.reading.confidence)
    mistakes = [
        {
            "drawn": sample.digit,
            "read": sample.reading.text,
            "verdict": sample.reading.verdict.value,
            "confidence": round(sample.reading.confidence, 4),
            "input": base64.b64encode(sample.reading.digits[0].input if sample.reading.digits else b"").decode("ascii"),
        }
        for sample in wrong[:SHOWN]
    ]
    return {"count": len(samples), "accuracy": round(1 - len(wrong) / len(samples), 5), "mistakes": mistakes}


def _draw_distorted(digit: int, seed: int, rng: np.random.Generator) -> Drawing:
    """Return the strokes of a golden drawing, rotated, sheared, stretched and jittered."""
    angle, slant, wide = rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5), np.exp(rng.uniform(-0.6, 0.4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[wide, slant], [0.0, 1.0]])
    distorted = [stroke @ matrix.T + _tremor(len(stroke), rng) for stroke in golden_strokes(digit, seed)]
    return {"strokes": [stroke.tolist() for stroke in distorted], "pen_px": float(rng.uniform(3, 34))}


def _tremor(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return (count, 2) offsets in px of an unsteady hand; neighbouring points move together."""
    steps = rng.normal(0, rng.uniform(0, 8), (count + 8, 2))
    return np.stack([np.convolve(steps[:, axis], np.ones(9) / 9, "valid") for axis in (0, 1)], axis=-1) * 2
