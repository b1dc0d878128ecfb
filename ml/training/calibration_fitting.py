"""Fitting the calibration: from logits on held-out drawings to chances that can be believed."""

from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from ml.data.datasets import MNIST_CHOOSING, Labels, PenDigit, load_mnist
from ml.data.examples import Examples, joined, of_nondigits, of_pens
from ml.preprocessing.ink import Ink
from ml.recognition.reader import Calibration, Floats, digit_margin
from ml.recognition.runtimes import Network
from ml.types import CLASSES

NONDIGITS, SEED = 1_500, 101
NONDIGIT_SHARE = 0.3  # how many of the drawings that people send are taken to be no digit
LOST_DIGITS = 0.005  # of true digits, so many may be called no digit
WRONG_DIGITS = 0.002  # of drawings called a digit, so many may be read wrongly


def held_out_examples(pens: list[PenDigit], folder: Path | None, limit: int | None = None) -> Examples:
    """Return what calibration is fitted on: writers held out for it, the end of MNIST's training set, no digits.

    limit: of each, for a quick try.
    """
    images, labels = load_mnist("train", folder)
    held = slice(len(images) - min(MNIST_CHOOSING, limit or MNIST_CHOOSING), len(images))
    parts = [Examples(images[held], labels[held]), of_nondigits(pens, limit or NONDIGITS, SEED)]
    return joined(*parts, *([of_pens(pens[:limit])] if pens else []))


def fit_calibration(network: Network, examples: Examples) -> Calibration:
    """Fit temperature, logistic curve and thresholds on held-out examples, some of them no digits.

    Temperature: Guo et al., "On calibration of modern neural networks", 2017. The curve: Platt scaling, the drawings
    weighted so that three in ten are no digit.
    """
    logits, labels = network.logits(examples.images), examples.labels
    is_digit = labels < CLASSES
    ten, margin = logits[is_digit, :CLASSES].astype(np.float64), digit_margin(logits)

    def digit_loss(log_temperature: Floats) -> float:
        scaled = ten / np.exp(log_temperature[0])
        return float(np.mean(np.logaddexp.reduce(scaled, axis=1) - scaled[np.arange(len(ten)), labels[is_digit]]))

    weight = np.where(is_digit, (1 - NONDIGIT_SHARE) / is_digit.sum(), NONDIGIT_SHARE / max((~is_digit).sum(), 1))

    def curve_loss(line: Floats) -> float:
        signed = np.where(is_digit, 1.0, -1.0) * (line[0] * margin + line[1])
        return float((weight * np.logaddexp(0, -signed)).sum() + 1e-4 * line[0] ** 2)

    temperature = float(np.exp(minimize(digit_loss, np.zeros(1), method="Nelder-Mead").x[0]))
    slope, offset = (float(value) for value in minimize(curve_loss, np.array([1.0, 0.0])).x)
    return _with_thresholds(Calibration(temperature, slope, offset, 0.5, 0.5), logits, labels)


def _with_thresholds(calibration: Calibration, logits: Ink, labels: Labels) -> Calibration:
    """Choose the thresholds of the verdicts, so that no more than LOST_DIGITS and WRONG_DIGITS go wrong."""
    probabilities, chance = calibration.calibrate(logits)
    digits = labels < CLASSES
    least_digit = float(np.clip(np.quantile(chance[digits], LOST_DIGITS), 0.05, 0.5))
    called = digits & (chance >= least_digit)
    confidence = (probabilities.max(axis=1) * chance)[called]
    right = (probabilities.argmax(axis=1) == labels)[called]
    order = np.argsort(-confidence)
    wrong_share = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    within = np.flatnonzero(wrong_share <= WRONG_DIGITS)
    least_sure = float(confidence[order[within[-1]]]) if len(within) else 0.9
    return Calibration(
        calibration.temperature,
        calibration.slope,
        calibration.offset,
        least_digit,
        float(np.clip(least_sure, 0.5, 0.99)),
    )
