"""Find the errors with the highest confidence. They show drawings of the data sets, so they must not be published."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.cases.case_page import Drawing
from ml.data.datasets import load_mnist, load_pen_digits, split_writers
from ml.evaluation.accuracy import TEST_SEED, send_images, send_strokes
from ml.evaluation.reading import encode_png, page_of, read_drawings
from ml.evaluation.robustness import draw_hard_negative
from ml.preprocessing.ink import Ink
from ml.preprocessing.normalization import normalize
from ml.recognition.reader import Reader
from ml.types import SIDE, Reading, Verdict

SHOWN = 20
NEGATIVES = 1_000


@dataclass(frozen=True)
class WorstError:
    """A wrong reading.

    Attributes:
        image: (28, 28), as the network saw it, or the whole drawing if not one digit was read.
        label: None if it is not a digit.
        read: the text that was read.
        confidence: of the reading.
    """

    image: Ink
    label: str | None
    read: str
    confidence: float


def find_worst_errors(reader: Reader, folder: Path, limit: int | None = None) -> dict[str, list[WorstError]]:
    """Return the errors on each test set, the most confident first.

    Args:
        reader: the reader.
        folder: the data.
        limit: use only the first `limit` drawings of each set.
    """
    images, labels = load_mnist("test", folder)
    written: list[str | None] = [str(label) for label in labels[:limit]]
    found = {"MNIST test set": _most_confident_errors(reader, send_images(images[:limit]), written)}
    _, _, pens = split_writers(load_pen_digits(folder))
    if pens:
        written = [str(pen.digit) for pen in pens[:limit]]
        found["Held-out writers"] = _most_confident_errors(reader, send_strokes(pens[:limit]), written)
    rng, count = np.random.default_rng(TEST_SEED), limit or NEGATIVES
    negatives: list[Drawing] = [encode_png(draw_hard_negative(rng)) for _ in range(count)]
    return found | {"Not digits": _most_confident_errors(reader, negatives, [None] * count)}


def _most_confident_errors(
    reader: Reader, drawings: Sequence[Drawing], written: Sequence[str | None]
) -> list[WorstError]:
    """Return wrong readings; of drawings that are not digits, those that were called one."""
    errors = []
    for drawing, text, reading in zip(drawings, written, read_drawings(reader, drawings), strict=True):
        if reading and (reading.text != text if text else reading.verdict == Verdict.DIGIT):
            errors.append((reading.confidence, drawing, text, reading))
    errors.sort(key=lambda error: -error[0])
    return [
        WorstError(_image_of(drawing, reading), text, reading.text, confidence)
        for confidence, drawing, text, reading in errors[:SHOWN]
    ]


def _image_of(drawing: Drawing, reading: Reading) -> Ink:
    if len(reading.digits) != 1:
        return normalize(page_of(drawing).ink)
    return np.frombuffer(reading.digits[0].input, dtype=np.uint8).reshape(SIDE, SIDE).astype(np.float32) / 255
