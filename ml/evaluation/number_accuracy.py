"""Accuracy on composed numbers of several digits."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml.data.cases.case_page import Drawing
from ml.data.datasets import PenDigit
from ml.data.synthetic_numbers import KINDS, Number, compose_numbers
from ml.evaluation.accuracy import count_verdicts
from ml.evaluation.metrics import expected_calibration_error
from ml.evaluation.reading import BLANK, encode_png, read_drawings
from ml.recognition.reader import Reader
from ml.types import Reading, Verdict

SEED = 606
MAX_DIGITS = 5
FORMS = ("pixels", "strokes")


def evaluate_numbers(reader: Reader, pens: Sequence[PenDigit], count: int) -> dict[str, Any]:
    """Return, for each kind of number and for "all", the share read exactly from pixels and from strokes.

    Cost: 30 ms a number.
    """
    rng = np.random.default_rng(SEED)
    figures: dict[str, Any] = {}
    pooled: dict[str, list[Reading]] = {form: [] for form in FORMS}
    every: list[Number] = []
    for kind in KINDS:
        numbers = _compose_short(pens, kind, count, rng)
        readings = {form: read_numbers(reader, numbers, form) for form in FORMS}
        figures[kind] = _summarize(numbers, readings)
        every += numbers
        pooled = {form: pooled[form] + readings[form] for form in FORMS}
    figures["all"] = _summarize(every, pooled)
    return figures


def _compose_short(pens: Sequence[PenDigit], kind: str, count: int, rng: np.random.Generator) -> list[Number]:
    """Return numbers of 2 to MAX_DIGITS digits."""
    numbers: list[Number] = []
    while len(numbers) < count:
        drawn = compose_numbers(pens, kind, count - len(numbers), rng)
        numbers += [number for number in drawn if len(number.text) <= MAX_DIGITS]
    return numbers


def read_numbers(reader: Reader, numbers: Sequence[Number], form: str) -> list[Reading]:
    """Read numbers from PNGs (`form` "pixels") or from strokes ("strokes")."""
    drawings = (_strokes(number) if form == "strokes" else encode_png(number.as_picture()) for number in numbers)
    return [reading or BLANK for reading in read_drawings(reader, drawings)]


def _strokes(number: Number) -> Drawing:
    return {"strokes": [stroke.tolist() for stroke in number.strokes], "pen_px": number.pen_px}


def _summarize(numbers: Sequence[Number], readings: dict[str, list[Reading]]) -> dict[str, Any]:
    figures: dict[str, Any] = {"count": len(numbers), "digits": sum(len(number.text) for number in numbers)}
    for form, found in readings.items():
        right = np.array([reading.text == number.text for number, reading in zip(numbers, found, strict=True)])
        confidence = np.array([reading.confidence for reading in found])
        sure = np.array([reading.verdict == Verdict.DIGIT for reading in found])
        figures[form] = {
            "count": len(found),
            "right_and_sure": int((right & sure).sum()),
            "exact": round(float(right.mean()), 5),
            "calibration_error": round(expected_calibration_error(confidence, right), 5),
            "verdicts": count_verdicts(found),
        }
    return figures
