"""Accuracy, confusion matrix and calibration error of the reader on held-out sets of single digits."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.data.cases.case_page import Drawing
from ml.data.datasets import Labels, PenDigit, load_mnist, load_pen_digits, split_writers
from ml.evaluation.metrics import expected_calibration_error
from ml.evaluation.reading import BLANK, encode_png, read_drawings
from ml.evaluation.robustness import draw_hard_negative
from ml.preprocessing.ink import Ink
from ml.recognition.reader import Reader
from ml.types import CLASSES, Reading, Verdict

TEST_SEED = 202
NEGATIVES = 2_000


def evaluate_sets(reader: Reader, folder: Path, limit: int | None = None) -> dict[str, Any]:
    """Return the figures of every test set, by name. Cost: 4 ms a drawing, 10,000 of them MNIST's.

    The sets are MNIST's test set as pictures of 28 x 28; pen-written digits and, where `folder` has them, canvas
    drawings of the held-out writers; and generated drawings that are not digits.

    Args:
        reader: the reader.
        folder: the data.
        limit: use only the first `limit` drawings of each set, for a quick trial.
    """
    images, labels = load_mnist("test", folder)
    sets = {"mnist_test": evaluate_digits(reader, send_images(images[:limit]), labels[:limit])[0]}
    _, _, pens = split_writers(load_pen_digits(folder))
    if pens:
        chosen = pens[:limit]
        sets["held_out_writers"] = evaluate_digits(
            reader, send_strokes(chosen), np.array([pen.digit for pen in chosen])
        )[0]
    sets["no_digits"] = evaluate_negatives(reader, limit or NEGATIVES)
    canvas = folder / "canvas_dev.npz"
    if canvas.exists():
        pixels, strokes, written = load_canvas_drawings(canvas, {pen.writer for pen in pens}, limit)
        if len(written):
            sets["held_out_canvas_pixels"], from_pixels = evaluate_digits(reader, pixels, written)
            sets["held_out_canvas_strokes"], from_strokes = evaluate_digits(reader, strokes, written)
            agreed = np.mean([one.text == other.text for one, other in zip(from_pixels, from_strokes, strict=True)])
            sets["held_out_canvas_pixels"]["agreement_with_strokes"] = round(float(agreed), 5)
    return sets


def send_images(images: Ink) -> list[Drawing]:
    """Return images of MNIST, (n, 28, 28), as PNGs of that size, white on black."""
    return [encode_png(Image.fromarray(image)) for image in np.round(images * 255).astype(np.uint8)]


def send_strokes(pens: Sequence[PenDigit]) -> list[Drawing]:
    """Return pen-written digits as strokes of unknown pen width."""
    return [{"strokes": [stroke.tolist() for stroke in pen.strokes]} for pen in pens]


def load_canvas_drawings(
    path: Path, writers: set[int], limit: int | None = None
) -> tuple[list[Drawing], list[Drawing], Labels]:
    """Return these writers' canvas drawings twice, as PNGs and as strokes, and their labels."""
    with np.load(path, allow_pickle=False) as arrays:
        chosen = np.flatnonzero(np.isin(arrays["writer"], sorted(writers)))[:limit]
        pixels, strokes, pens = arrays["x"][chosen], arrays["strokes"][chosen], arrays["pen"][chosen]
        labels = arrays["y"][chosen].astype(np.int64)
    size = {"width": float(pixels.shape[2]), "height": float(pixels.shape[1])}
    pictures: list[Drawing] = [encode_png(Image.fromarray(canvas)) for canvas in pixels]
    drawn: list[Drawing] = [
        {"strokes": json.loads(str(lines)), **size, "pen_px": float(pen)}
        for lines, pen in zip(strokes, pens, strict=True)
    ]
    return pictures, drawn, labels


def evaluate_digits(
    reader: Reader, drawings: Sequence[Drawing], labels: Labels
) -> tuple[dict[str, Any], list[Reading]]:
    """Return count, accuracy, calibration error, verdicts and confusion matrix on single digits, and the readings.

    Rows of the confusion matrix are labels. Readings of no or of several digits are in `not_one_digit`, by label.
    """
    readings = [reading or BLANK for reading in read_drawings(reader, drawings)]
    right = np.array([reading.text == str(label) for reading, label in zip(readings, labels, strict=True)])
    confusion, not_one = np.zeros((CLASSES, CLASSES), dtype=int), np.zeros(CLASSES, dtype=int)
    for reading, label in zip(readings, labels, strict=True):
        if len(reading.text) == 1 and reading.text.isdecimal():
            confusion[label, int(reading.text)] += 1
        else:
            not_one[label] += 1
    confidence = np.array([reading.confidence for reading in readings])
    figures = {
        "count": len(readings),
        "accuracy": round(float(right.mean()), 5),
        "calibration_error": round(expected_calibration_error(confidence, right), 5),
        "verdicts": count_verdicts(readings),
        "confusion": confusion.tolist(),
        "not_one_digit": not_one.tolist(),
    }
    return figures, readings


def evaluate_negatives(reader: Reader, count: int) -> dict[str, Any]:
    """Return count and verdicts on pictures of what is neither a digit nor a number."""
    rng = np.random.default_rng(TEST_SEED)
    pictures = [encode_png(draw_hard_negative(rng)) for _ in range(count)]
    return {"count": count, "verdicts": count_verdicts([one or BLANK for one in read_drawings(reader, pictures)])}


def count_verdicts(readings: Sequence[Reading]) -> dict[str, int]:
    """Return how often each verdict was given; a refusal counts as not_a_digit."""
    given = [reading.verdict for reading in readings]
    return {verdict.value: given.count(verdict) for verdict in Verdict}
