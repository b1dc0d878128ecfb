"""Fit the calibration: the temperature and logistic curve that turn the digit network's logits into probabilities."""

from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from ml.data.datasets import MNIST_HELD_OUT, PenDigit, load_mnist
from ml.data.examples import Examples, concatenate, draw_negative_examples, render_pens
from ml.preprocessing.ink import Ink
from ml.recognition.calibration import Calibration, Floats, digit_margin
from ml.recognition.runtimes import Network
from ml.types import CLASSES

NEGATIVES, SEED = 1_500, 101
NEGATIVE_SHARE = 0.3  # assumed share of non-digits among the drawings that people send


def calibration_examples(pens: list[PenDigit], folder: Path | None, limit: int | None = None) -> Examples:
    """Return the examples to fit the calibration on: `pens`, the end of MNIST's training set, and generated non-digits.

    Args:
        pens: digits of the writers held out for calibration; may be empty.
        folder: the data.
        limit: use at most `limit` drawings of each, for a quick trial.
    """
    images, labels = load_mnist("train", folder)
    held = slice(len(images) - min(MNIST_HELD_OUT, limit or MNIST_HELD_OUT), len(images))
    parts = [Examples(images[held], labels[held]), draw_negative_examples(pens, limit or NEGATIVES, SEED)]
    return concatenate(*parts, *([render_pens(pens[:limit])] if pens else []))


def fit_calibration(network: Network, examples: Examples) -> Calibration:
    """Fit temperature and logistic curve on held-out examples, which include non-digits.

    The temperature is that of Guo et al., "On calibration of modern neural networks", 2017. The curve is Platt scaling,
    with the examples weighted as if NEGATIVE_SHARE of them were non-digits.
    """
    logits, labels = network.logits(examples.images), examples.labels
    is_digit = labels < CLASSES
    ten, margin = logits[is_digit, :CLASSES].astype(np.float64), digit_margin(logits)

    def digit_loss(log_temperature: Floats) -> float:
        scaled = ten / np.exp(log_temperature[0])
        return float(np.mean(np.logaddexp.reduce(scaled, axis=1) - scaled[np.arange(len(ten)), labels[is_digit]]))

    weight = np.where(is_digit, (1 - NEGATIVE_SHARE) / is_digit.sum(), NEGATIVE_SHARE / max((~is_digit).sum(), 1))

    def curve_loss(line: Floats) -> float:
        signed = np.where(is_digit, 1.0, -1.0) * (line[0] * margin + line[1])
        return float((weight * np.logaddexp(0, -signed)).sum() + 1e-4 * line[0] ** 2)

    temperature = float(np.exp(minimize(digit_loss, np.zeros(1), method="Nelder-Mead").x[0]))
    slope, offset = (float(value) for value in minimize(curve_loss, np.array([1.0, 0.0])).x)
    return Calibration(temperature, slope, offset)


def match_calibration(network: Network, images: Ink, rival: Network, calibration: Calibration) -> Calibration:
    """Return the calibration under which a network is as sure of images as another one is under its own.

    Where no handwriting is at hand, drawn digits are so easy that fitting on them would make it too sure.

    Args:
        network: the network to calibrate.
        images: (n, 28, 28) float32.
        rival: a calibrated network.
        calibration: that of `rival`.
    """
    logits = network.logits(images)
    digits, is_digit = calibration.calibrate(rival.logits(images))
    ten, margin = logits[:, :CLASSES].astype(np.float64), digit_margin(logits)

    def digit_loss(log_temperature: Floats) -> float:
        scaled = ten / np.exp(log_temperature[0])
        scores = scaled - np.logaddexp.reduce(scaled, axis=1)[:, None]
        return -float(np.mean(is_digit * (digits * scores).sum(axis=1)))

    def curve_loss(line: Floats) -> float:
        score = line[0] * margin + line[1]
        return float(np.mean(np.logaddexp(0, score) - is_digit * score) + 1e-4 * line[0] ** 2)

    start = np.array([calibration.slope, calibration.offset])
    temperature = minimize(digit_loss, np.log([calibration.temperature]), method="Nelder-Mead").x[0]
    slope, offset = (float(value) for value in minimize(curve_loss, start).x)
    return Calibration(float(np.exp(temperature)), slope, offset)
