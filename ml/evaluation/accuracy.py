"""Accuracy, confusion matrix and calibration error of a digit network on held-out sets."""

from pathlib import Path
from typing import Any

import numpy as np

from ml.data.datasets import load_mnist, load_pen_digits, split_writers
from ml.data.examples import Examples, draw_negative_examples, load_canvas_examples, render_pens, send_as_pictures
from ml.evaluation.metrics import expected_calibration_error
from ml.recognition.reader import Calibration, Floats
from ml.recognition.runtimes import Network
from ml.types import CLASSES, Verdict

TEST_SEED = 202
NEGATIVES = 2_000


def evaluate_sets(network: Network, calibration: Calibration, folder: Path, limit: int | None = None) -> dict[str, Any]:
    """Return the figures of every test set, by name.

    The sets are MNIST's test set, as it is and as uploaded pictures; pen-written digits and, where `folder` has them,
    canvas drawings of the held-out writers; and generated drawings that are not digits.

    Args:
        network: the network.
        calibration: turns its logits into probabilities and verdicts.
        folder: the data.
        limit: use only the first `limit` drawings of each set, for a quick trial.
    """
    images, labels = load_mnist("test", folder)
    mnist = Examples(images[:limit], labels[:limit])
    sets = {"mnist_test": evaluate_digits(network, calibration, mnist)}
    sets["mnist_test_as_pictures"] = evaluate_digits(network, calibration, send_as_pictures(mnist))
    _, _, test_pens = split_writers(load_pen_digits(folder))
    if test_pens:
        sets["held_out_writers"] = evaluate_digits(network, calibration, render_pens(test_pens[:limit]))
    negatives = draw_negative_examples(test_pens, limit or NEGATIVES, TEST_SEED)
    sets["no_digits"] = evaluate_negatives(network, calibration, negatives)
    canvas = folder / "canvas_dev.npz"
    if canvas.exists():
        pixels, strokes = load_canvas_examples(canvas, {pen.writer for pen in test_pens})
        if len(pixels.labels):
            sets["held_out_canvas_pixels"] = evaluate_digits(network, calibration, pixels)
            sets["held_out_canvas_strokes"] = evaluate_digits(network, calibration, strokes)
            sets["held_out_canvas_pixels"]["agreement_with_strokes"] = measure_agreement(network, pixels, strokes)
    return sets


def evaluate_digits(network: Network, calibration: Calibration, examples: Examples) -> dict[str, Any]:
    """Return count, accuracy, calibration error, verdicts and confusion matrix (rows: the label) on digits."""
    probabilities, chance = calibration.calibrate(network.logits(examples.images))
    read = probabilities.argmax(axis=1)
    right = read == examples.labels
    confusion = np.zeros((CLASSES, CLASSES), dtype=int)
    np.add.at(confusion, (examples.labels, read), 1)
    confidence = probabilities.max(axis=1) * chance
    return {
        "count": len(read),
        "accuracy": round(float(right.mean()), 5),
        "calibration_error": round(expected_calibration_error(confidence, right), 5),
        "verdicts": count_verdicts(calibration, chance, confidence),
        "confusion": confusion.tolist(),
    }


def evaluate_negatives(network: Network, calibration: Calibration, examples: Examples) -> dict[str, Any]:
    """Return count and verdicts on drawings that are not digits."""
    probabilities, chance = calibration.calibrate(network.logits(examples.images))
    verdicts = count_verdicts(calibration, chance, probabilities.max(axis=1) * chance)
    return {"count": len(chance), "verdicts": verdicts}


def count_verdicts(calibration: Calibration, chance: Floats, confidence: Floats) -> dict[str, int]:
    """Return how often each verdict was given. chance, confidence: (n,)."""
    given = [calibration.verdict(float(one), float(other)) for one, other in zip(chance, confidence, strict=True)]
    return {verdict.value: given.count(verdict) for verdict in Verdict}


def measure_agreement(network: Network, one: Examples, other: Examples) -> float:
    """Return the share of drawings that are read as the same digit in both forms."""
    return float((network.logits(one.images).argmax(axis=1) == network.logits(other.images).argmax(axis=1)).mean())
