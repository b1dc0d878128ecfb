"""How good a network is: accuracy, confusion and calibration on drawings that it never learned from."""

from pathlib import Path
from typing import Any

import numpy as np

from ml.data.datasets import load_mnist, load_pen_digits, split_writers
from ml.data.examples import Examples, of_canvas, of_nondigits, of_pens, of_pictures
from ml.evaluation.metrics import calibration_error
from ml.recognition.reader import Calibration, Floats
from ml.recognition.runtimes import Network
from ml.types import CLASSES, Verdict

SCORING_SEED = 202
NONDIGITS = 2_000


def weigh_all(network: Network, calibration: Calibration, folder: Path, limit: int | None = None) -> dict[str, Any]:
    """Return the figures of every set there is: MNIST's test set, plain and as pictures, held-out writers, no digits.

    Pen strokes are scored by writers that were neither trained on nor calibrated with. limit: of each, for a quick try.
    """
    images, labels = load_mnist("test", folder)
    mnist = Examples(images[:limit], labels[:limit])
    sets = {"mnist_test": weigh(network, calibration, mnist)}
    sets["mnist_test_as_pictures"] = weigh(network, calibration, of_pictures(mnist))
    _, _, scored = split_writers(load_pen_digits(folder))
    if scored:
        sets["held_out_writers"] = weigh(network, calibration, of_pens(scored[:limit]))
    nondigits = of_nondigits(scored, limit or NONDIGITS, SCORING_SEED)
    sets["no_digits"] = weigh_nondigits(network, calibration, nondigits)
    canvas = folder / "canvas_dev.npz"
    if canvas.exists():
        pixels, strokes = of_canvas(canvas, {pen.writer for pen in scored})
        if len(pixels.labels):
            sets["held_out_canvas_pixels"] = weigh(network, calibration, pixels)
            sets["held_out_canvas_strokes"] = weigh(network, calibration, strokes)
            sets["held_out_canvas_pixels"]["agreement_with_strokes"] = agreement(network, pixels, strokes)
    return sets


def weigh(network: Network, calibration: Calibration, examples: Examples) -> dict[str, Any]:
    """Return count, accuracy, confusion (rows: what was written) and calibration error on digits."""
    probabilities, chance = calibration.calibrate(network.logits(examples.images))
    read = probabilities.argmax(axis=1)
    right = read == examples.labels
    confusion = np.zeros((CLASSES, CLASSES), dtype=int)
    np.add.at(confusion, (examples.labels, read), 1)
    confidence = probabilities.max(axis=1) * chance
    return {
        "count": len(read),
        "accuracy": round(float(right.mean()), 5),
        "calibration_error": round(calibration_error(confidence, right), 5),
        "verdicts": count_verdicts(calibration, chance, confidence),
        "confusion": confusion.tolist(),
    }


def weigh_nondigits(network: Network, calibration: Calibration, examples: Examples) -> dict[str, Any]:
    """Return count and verdicts on drawings that are no digit."""
    probabilities, chance = calibration.calibrate(network.logits(examples.images))
    verdicts = count_verdicts(calibration, chance, probabilities.max(axis=1) * chance)
    return {"count": len(chance), "verdicts": verdicts}


def count_verdicts(calibration: Calibration, chance: Floats, confidence: Floats) -> dict[str, int]:
    """Say how often each verdict was given."""
    given = [calibration.verdict(float(one), float(other)) for one, other in zip(chance, confidence, strict=True)]
    return {verdict.value: given.count(verdict) for verdict in Verdict}


def agreement(network: Network, one: Examples, other: Examples) -> float:
    """Return the share of drawings that are read alike in two forms."""
    return float((network.logits(one.images).argmax(axis=1) == network.logits(other.images).argmax(axis=1)).mean())
