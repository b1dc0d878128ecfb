"""Accuracy and confidence on every canvas variant, compared with a baseline.

The baseline shrinks the whole canvas to 28 x 28 and takes the softmax of the same network as its confidence. The model
card calls it "naive".
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from ml.data.augmentation import Strokes
from ml.data.canvas_variants import SIDE_PX, VARIANTS, draw_variant
from ml.data.datasets import PenDigit
from ml.data.hard_negatives import draw_noise, hard_negative_strokes
from ml.data.templates import draw_template, unseen_symbol_templates
from ml.evaluation.metrics import Bools, measure_confidence, reliability_bins
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Ink
from ml.recognition.reader import Floats, Reader
from ml.recognition.text_line import TextLine, find_text_line
from ml.types import CLASSES, SIDE, Reading, Verdict

SEED = 303
SEVERAL = CLASSES + 1
BLANK = Reading("", Verdict.NOT_A_DIGIT, 0.0, ())
UNSEEN_SHARE = 0.5  # of the non-digits: symbols that are not in the training data


@dataclass(frozen=True)
class VariantReadings:
    """What the reader and the baseline read in a set of pictures. All arrays are (n,).

    Attributes:
        labels: CLASSES where the picture is not a digit.
        read: SEVERAL where more than one digit was read.
        confidence, naive_confidence: of the reader and of the baseline.
        verdicts: of the reader.
        naive_read: what the baseline read.
        right, naive_right: whether it is the label.
    """

    labels: np.ndarray
    read: np.ndarray
    confidence: Floats
    verdicts: list[Verdict]
    naive_read: np.ndarray
    naive_confidence: Floats
    right: Bools = field(init=False)
    naive_right: Bools = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "right", self.read == self.labels)
        object.__setattr__(self, "naive_right", self.naive_read == self.labels)


def evaluate_variants(reader: Reader, pens: Sequence[PenDigit], count: int) -> dict[str, VariantReadings]:
    """Read up to `count` drawings on each canvas variant, and as many non-digits as all of those ("no digits").

    Cost: about 10 ms a drawing.
    """
    rng = np.random.default_rng(SEED)
    readings = {}
    for name, canvas in VARIANTS.items():
        chosen = [pens[place] for place in rng.permutation(len(pens))[:count]]
        pictures = [draw_variant(pen.strokes, canvas, rng) for pen in chosen]
        readings[name] = read_with_baseline(reader, pictures, np.array([pen.digit for pen in chosen]))
    negatives = [draw_hard_negative(rng) for _ in range(sum(len(variant.labels) for variant in readings.values()))]
    readings["no digits"] = read_with_baseline(reader, negatives, np.full(len(negatives), CLASSES))
    return readings


def draw_hard_negative(rng: np.random.Generator) -> Image.Image:
    """Return a picture, on a random canvas variant, of something that is neither a digit nor a number."""
    if rng.uniform() < UNSEEN_SHARE:
        template = unseen_symbol_templates()[rng.integers(len(unseen_symbol_templates()))]
        strokes: Strokes | None = draw_template(template, rng, is_round=rng.uniform() < 0.6)
    else:
        strokes = hard_negative_strokes([], rng)
    if strokes is None:
        grey = np.round(255 - draw_noise(rng) * 255).astype(np.uint8)
        return Image.fromarray(grey).resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST).convert("RGB")
    small = [canvas for canvas in VARIANTS.values() if canvas.width == SIDE_PX]
    return draw_variant(strokes, small[rng.integers(len(small))], rng)


def shrink_canvas(picture: Image.Image) -> Ink:
    """Return the whole canvas as (28, 28) float32, dark = 1: the baseline's preprocessing."""
    grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return 1 - np.asarray(grey, dtype=np.float32) / 255


def read_with_baseline(reader: Reader, pictures: list[Image.Image], labels: np.ndarray) -> VariantReadings:
    """Read pictures of one digit each with the reader and with the baseline. labels: (n,)."""
    lines = [_line_of(picture) for picture in pictures]
    found = iter(reader.read([line for line in lines if line]))
    readings = [next(found) if line else BLANK for line in lines]
    shrunk = np.stack([shrink_canvas(picture) for picture in pictures])
    logits = reader.network.logits(shrunk)[:, :CLASSES].astype(np.float64)
    naive = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    return VariantReadings(
        labels,
        np.array([int(reading.text) if len(reading.text) == 1 else SEVERAL for reading in readings]),
        np.array([reading.confidence for reading in readings]),
        [reading.verdict for reading in readings],
        naive.argmax(axis=1),
        naive.max(axis=1),
    )


def _line_of(picture: Image.Image) -> TextLine | None:
    with contextlib.suppress(BlankDrawing):
        return find_text_line(page_from_image(picture))
    return None


def summarize_variants(readings: dict[str, VariantReadings]) -> dict[str, Any]:
    """Return the figures of each variant, and the confidence metrics with and without non-digits."""
    figures: dict[str, Any] = {}
    for name, variant in readings.items():
        figures[name] = {"count": len(variant.labels)}
        if name != "no digits":
            figures[name] |= {"accuracy": _share(variant.right), "naive_accuracy": _share(variant.naive_right)}
            figures[name]["read_as_several"] = int((variant.read == SEVERAL).sum())
        figures[name]["verdicts"] = {verdict.value: variant.verdicts.count(verdict) for verdict in Verdict}
    digits = [variant for name, variant in readings.items() if name != "no digits"]
    mixes = {"digits": digits, "digits and no digits": [*digits, readings["no digits"]]}
    return {"canvases": figures, "trust": {name: _confidence_figures(mixed) for name, mixed in mixes.items()}}


def _confidence_figures(readings: list[VariantReadings]) -> dict[str, Any]:
    found = {}
    for method, prefix in (("reader", ""), ("naive", "naive_")):
        confidence, right = _pool(readings, f"{prefix}confidence"), _pool(readings, f"{prefix}right")
        found[method] = measure_confidence(confidence, right) | {"bins": reliability_bins(confidence, right).as_dict()}
    return found


def _pool(readings: list[VariantReadings], name: str) -> np.ndarray:
    return np.concatenate([getattr(variant, name) for variant in readings])


def _share(right: Bools) -> float:
    return round(float(right.mean()), 5)
