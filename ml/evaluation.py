"""How good a network is: accuracy, confusion and calibration on drawings that it never learned from."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.augment import Strokes
from ml.datasets import Labels, PenDigit, load_mnist, load_pen_digits, split_writers
from ml.digits import CLASSES, SIDE, Verdict
from ml.images import page_of
from ml.ink import BlankDrawing, Ink
from ml.nondigits import draw_nondigits
from ml.reader import Calibration, Floats
from ml.runtime import Network
from ml.scores import calibration_error
from ml.segment import one_digit
from ml.strokes import render

SCORING_SEED = 202
NONDIGITS = 2_000


@dataclass(frozen=True)
class Examples:
    """Drawings as the network sees them, (n, 28, 28) float32, and what they are, (n,); CLASSES is "none"."""

    images: Ink
    labels: Labels


def of_pens(pens: list[PenDigit]) -> Examples:
    """Give pen-written digits as the site would render them, with a pen of unknown width."""
    images = [one_digit(render([stroke.tolist() for stroke in pen.strokes])).input for pen in pens]
    return Examples(np.stack(images), np.array([pen.digit for pen in pens]))


def of_nondigits(pens: list[PenDigit], count: int, seed: int) -> Examples:
    """Give made-up drawings that are no digit."""
    digits: list[Strokes] = [pen.strokes for pen in pens]
    return Examples(draw_nondigits(count, digits, np.random.default_rng(seed)), np.full(count, CLASSES))


def of_pictures(examples: Examples) -> Examples:
    """Give 28 x 28 images as the whole reader sees them when each is sent as a picture. Cost: 2 ms each."""
    seen = np.zeros_like(examples.images)
    for place, image in enumerate(np.round(examples.images * 255).astype(np.uint8)):
        with contextlib.suppress(BlankDrawing):  # an empty field is what a blank page comes to
            seen[place] = one_digit(page_of(Image.fromarray(image))).input
    return Examples(seen, examples.labels)


def of_canvas(path: Path, writers: set[int]) -> tuple[Examples, Examples]:
    """Give these writers' canvas drawings twice: read from the canvas's pixels, and rendered from its strokes."""
    with np.load(path, allow_pickle=False) as arrays:
        chosen = np.flatnonzero(np.isin(arrays["writer"], sorted(writers)))
        pixels, strokes, pens = arrays["x"][chosen], arrays["strokes"][chosen], arrays["pen"][chosen]
        labels = arrays["y"][chosen].astype(np.int64)
    seen = [one_digit(page_of(Image.fromarray(canvas))).input for canvas in pixels]
    size = float(pixels.shape[2]), float(pixels.shape[1])
    drawn = [
        one_digit(render(json.loads(str(lines)), *size, float(pen))).input
        for lines, pen in zip(strokes, pens, strict=True)
    ]
    shape = (-1, SIDE, SIDE)
    return Examples(np.array(seen).reshape(shape), labels), Examples(np.array(drawn).reshape(shape), labels)


def joined(*parts: Examples) -> Examples:
    """Give all examples of several sets as one."""
    return Examples(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))


def weigh_all(network: Network, calibration: Calibration, folder: Path, limit: int | None = None) -> dict[str, Any]:
    """Give the figures of every set there is: MNIST's test set, plain and as pictures, held-out writers, no digits.

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
    """Give count, accuracy, confusion (rows: what was written) and calibration error on digits."""
    probabilities, chance = calibration.chances(network.logits(examples.images))
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
    """Give count and verdicts on drawings that are no digit."""
    probabilities, chance = calibration.chances(network.logits(examples.images))
    verdicts = count_verdicts(calibration, chance, probabilities.max(axis=1) * chance)
    return {"count": len(chance), "verdicts": verdicts}


def count_verdicts(calibration: Calibration, chance: Floats, confidence: Floats) -> dict[str, int]:
    """Say how often each verdict was given."""
    given = [calibration.verdict(float(one), float(other)) for one, other in zip(chance, confidence, strict=True)]
    return {verdict.value: given.count(verdict) for verdict in Verdict}


def agreement(network: Network, one: Examples, other: Examples) -> float:
    """Give the share of drawings that are read alike in two forms."""
    return float((network.logits(one.images).argmax(axis=1) == network.logits(other.images).argmax(axis=1)).mean())
