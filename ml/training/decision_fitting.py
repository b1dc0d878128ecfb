"""Fit how the two networks are combined, and when a text is sure, on pages of the calibration writers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import minimize

from ml.data.datasets import MNIST_HELD_OUT, PenDigit, load_mnist, load_pen_digits, split_writers
from ml.data.hard_negatives import hard_negative_strokes
from ml.data.lines.composition import compose_line
from ml.data.lines.drawing import LineTooWide
from ml.data.lines.pool import load_sources
from ml.data.synthetic_numbers import KINDS, compose_numbers
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Page
from ml.preprocessing.strokes import render_strokes
from ml.recognition.calibration import Decision, Floats, log_odds
from ml.recognition.decoder import digits_of
from ml.recognition.reader import Reader
from ml.recognition.text_line import find_text_line
from ml.recognition.weighing import RecognizedLine, WeighedLine
from ml.types import OTHER_INK

SEED = 303
NUMBERS, SINGLES, LINES, NEGATIVES = 200, 3000, 900, 900  # of each kind
SINGLE_WEIGHTS, WEIGHTS, LEAST_OPINIONS = (0.2, 0.35, 0.5, 0.65, 0.8), (0.0, 0.1, 0.2, 0.35, 0.5), (0.003, 0.02, 0.1)
LIKELIHOOD_WEIGHT = 0.05
SURELY_WRONG = 0.015  # at most this share of the numbers of several digits that are called sure is wrong
LEAST_SURE_BOUNDS = 0.6, 0.97


@dataclass(frozen=True)
class Sample:
    """A recognized line and what is written there."""

    line: RecognizedLine
    written: str


def collect_samples(reader: Reader, data: Path, limit: int | None = None) -> list[Sample]:
    """Return recognized pages of the calibration writers: numbers, single digits, lines with signs, other ink."""
    pens = split_writers(load_pen_digits(data))[1]
    rng = np.random.default_rng(SEED)
    samples = []
    for page, written in _pages(pens, data, limit, rng):
        try:
            line = find_text_line(page)
        except BlankDrawing:
            continue
        if not line.others:
            samples.append(Sample(reader.recognize([line], [None])[0][0], written))
    return samples


def _pages(pens: list[PenDigit], data: Path, limit: int | None, rng: np.random.Generator) -> Iterator[tuple[Page, str]]:
    for kind in KINDS:
        for number in compose_numbers(pens, kind, min(limit or NUMBERS, NUMBERS), rng):
            yield page_from_image(number.as_picture()), number.text
            yield number.as_strokes(), number.text
    for pen in pens[: min(limit or SINGLES, SINGLES)]:
        yield render_strokes([stroke.tolist() for stroke in pen.strokes]), str(pen.digit)
    images, labels = load_mnist("train", data)
    for place in range(max(len(images) - min(limit or SINGLES, MNIST_HELD_OUT, SINGLES), 0), len(images)):
        yield page_from_image(Image.fromarray(np.round(images[place] * 255).astype(np.uint8))), str(labels[place])
    for _ in range(min(limit or NEGATIVES, NEGATIVES)):
        strokes = hard_negative_strokes([], rng)
        if strokes is not None:
            yield render_strokes([stroke.tolist() for stroke in strokes]), OTHER_INK
    yield from islice(_composed(data, rng), min(limit or LINES, LINES))


def _composed(data: Path, rng: np.random.Generator) -> Iterator[tuple[Page, str]]:
    sources = load_sources(data, held_out=True)
    while True:
        try:
            ink, text = compose_line(sources, rng)
        except LineTooWide:
            continue
        yield Page(ink, 1.0, (0.0, 0.0), (ink.shape[1], ink.shape[0])), text


def fit_decision(reader: Reader, samples: Sequence[Sample]) -> Decision:
    """Return the decision under which most samples are read right, with its confidence and its threshold fitted.

    Changes the reader's own decision on the way.
    """
    best, most = Decision(), -1.0
    for single_weight, least_opinion in product(SINGLE_WEIGHTS, LEAST_OPINIONS):
        tried = replace(best, single_weight=single_weight, least_opinion=least_opinion)
        score = _score(reader, [one for one in samples if len(one.line.text) == 1], tried)
        if score > most:
            best, most = tried, score
    most = -1.0
    for weight in WEIGHTS:
        tried = replace(best, weight=weight)
        score = _score(reader, [one for one in samples if len(one.line.text) > 1], tried)
        if score > most:
            best, most = tried, score
    reader.decision = best
    return _with_confidence(best, [(reader.weigh(one.line), one.written) for one in samples])


def _score(reader: Reader, samples: Sequence[Sample], decision: Decision) -> float:
    """Return the share of samples read right, and a little for their likelihood; other ink is to give no digits."""
    reader.decision = decision
    scores = []
    for one in samples:
        candidates = {found.text: found.probability for found in reader.weigh(one.line).candidates}
        text = next(iter(candidates), "")
        if one.written == OTHER_INK:
            scores.append(float(not digits_of(text)))
        else:
            likelihood = max(np.log(max(candidates.get(one.written, 0.0), 1e-3)) / 7, -1)
            scores.append((text == one.written) + LIKELIHOOD_WEIGHT * likelihood)
    return float(np.mean(scores)) if scores else 0.0


def _with_confidence(decision: Decision, found: Sequence[tuple[WeighedLine, str]]) -> Decision:
    """Return the decision with the logistic curves of its confidence, and the least confidence that is sure."""
    odds = np.array([log_odds(line.candidates[0].probability) for line, _ in found])
    lengths = np.array([len(line.text) for line, _ in found])
    right = np.array([_says(line.text) == _says(written) for line, written in found])
    is_single = lengths == 1
    single_slope, single_offset = _fit_curve([odds[is_single]], right[is_single])
    slope, length, offset = _fit_curve([odds[~is_single], np.log(lengths[~is_single])], right[~is_single])
    fitted = replace(
        decision, single_slope=single_slope, single_offset=single_offset, slope=slope, length=length, offset=offset
    )
    plain = [(line, written) for line, written in found if len(line.text) > 1 and digits_of(line.text) == line.text]
    confidence = np.array([line.confidence(fitted) for line, _ in plain])
    wrong = np.array([line.text != written for line, written in plain])
    order = np.argsort(-confidence)
    share = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    within = np.flatnonzero(share <= SURELY_WRONG)
    least_sure = float(confidence[order[within[-1]]]) if len(within) else LEAST_SURE_BOUNDS[1]
    return replace(fitted, least_sure=float(np.clip(least_sure, *LEAST_SURE_BOUNDS)))


def _says(text: str) -> str:
    """Return a text with other ink in a row as one symbol: into how many it was split says nothing."""
    return re.sub(re.escape(OTHER_INK) + "+", OTHER_INK, text)


def _fit_curve(features: Sequence[Floats], right: NDArray[np.bool_]) -> list[float]:
    """Return the weights of features, (n,) each, and the offset under which a logistic curve fits what was right."""
    columns = np.stack([*features, np.ones(len(right))], axis=1)

    def loss(weights: Floats) -> float:
        signed = np.where(right, 1.0, -1.0) * (columns @ weights)
        return float(np.logaddexp(0, -signed).mean() + 1e-4 * (weights**2).sum())

    start = np.zeros(columns.shape[1])
    start[0] = 1.0
    return [float(one) for one in minimize(loss, start).x]
