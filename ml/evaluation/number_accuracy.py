"""Accuracy on composed numbers of several digits."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml.data.datasets import PenDigit
from ml.data.synthetic_numbers import KINDS, Number, compose_numbers
from ml.evaluation.metrics import expected_calibration_error
from ml.preprocessing.images import page_from_image
from ml.recognition.reader import Reader
from ml.recognition.text_line import find_text_line
from ml.types import Reading, Verdict

SEED = 606


def evaluate_numbers(reader: Reader, pens: Sequence[PenDigit], count: int) -> dict[str, Any]:
    """Return, for each kind of number, the share read exactly from pixels and from strokes. Cost: 30 ms a number."""
    rng = np.random.default_rng(SEED)
    figures: dict[str, Any] = {}
    for kind in KINDS:
        numbers = compose_numbers(pens, kind, count, rng)
        figures[kind] = {"count": count, "digits": sum(len(number.text) for number in numbers)}
        for form in ("pixels", "strokes"):
            figures[kind][form] = _summarize(numbers, read_numbers(reader, numbers, form))
    return figures


def read_numbers(reader: Reader, numbers: Sequence[Number], form: str) -> list[Reading]:
    """Read numbers from pictures (`form` "pixels") or from strokes ("strokes")."""
    pages = (number.as_strokes() if form == "strokes" else page_from_image(number.as_picture()) for number in numbers)
    return reader.read([find_text_line(page) for page in pages])


def _summarize(numbers: Sequence[Number], readings: Sequence[Reading]) -> dict[str, Any]:
    right = np.array([reading.text == number.text for number, reading in zip(numbers, readings, strict=True)])
    verdicts = [reading.verdict for reading in readings]
    confidence = np.array([reading.confidence for reading in readings])
    return {
        "exact": round(float(right.mean()), 5),
        "calibration_error": round(expected_calibration_error(confidence, right), 5),
        "verdicts": {verdict.value: verdicts.count(verdict) for verdict in Verdict},
    }
