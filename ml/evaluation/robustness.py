"""Accuracy and confidence on every canvas variant, compared with a baseline.

The baseline shrinks the whole canvas to 28 x 28 and takes the softmax of the same network as its confidence. The model
card calls it "naive".
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ml.data.augmentation import Strokes
from ml.data.canvas_variants import SIDE_PX, VARIANTS, draw_variant
from ml.data.cases.case_page import Drawing
from ml.data.cases.case_pages import draw_case_pages
from ml.data.cases.sign_cases import SIGN_KINDS
from ml.data.datasets import PenDigit
from ml.data.hard_negatives import draw_noise, hard_negative_strokes
from ml.data.templates import draw_template, unseen_symbol_templates
from ml.evaluation.metrics import Bools, Floats, measure_confidence, reliability_bins
from ml.evaluation.outcomes import is_exact
from ml.evaluation.reading import BLANK, encode_png, page_of, read_drawings
from ml.preprocessing.ink import Ink
from ml.recognition.reader import Reader
from ml.types import CLASSES, SIDE, Reading, Verdict

SEED = 303
UNSEEN_SHARE = 0.5  # of the non-digits: symbols that are not in the training data
NOT_DIGITS = ("no digits", "signs")  # names of sets whose readings are never right as a plain number


@dataclass(frozen=True)
class VariantReadings:
    """What the reader and the baseline read in a set of drawings.

    Attributes:
        readings: of the reader; BLANK where it was refused.
        right, naive_right: (n,) whether it is what was drawn; never, where nothing that was drawn can be read.
        naive_confidence: (n,) of the baseline.
    """

    readings: list[Reading]
    right: Bools
    naive_right: Bools
    naive_confidence: Floats

    @property
    def confidence(self) -> Floats:
        """Return (n,) the reader's confidence."""
        return np.array([reading.confidence for reading in self.readings])


def evaluate_variants(reader: Reader, pens: Sequence[PenDigit], count: int) -> dict[str, VariantReadings]:
    """Read up to `count` drawings on each canvas variant, and as many drawings as all of those that are not digits.

    Half of the latter are letters and scribbles ("no digits"), half are numbers with signs or crossed-out ink
    ("signs"). Cost: about 10 ms a drawing.
    """
    rng = np.random.default_rng(SEED)
    readings = {}
    for name, canvas in VARIANTS.items():
        chosen = [pens[place] for place in rng.permutation(len(pens))[:count]]
        drawings = [encode_png(draw_variant(pen.strokes, canvas, rng)) for pen in chosen]
        readings[name] = read_with_baseline(reader, drawings, [str(pen.digit) for pen in chosen])
    others = sum(len(variant.readings) for variant in readings.values()) // 2
    negatives = [encode_png(draw_hard_negative(rng)) for _ in range(others)]
    readings["no digits"] = read_with_baseline(reader, negatives, [None] * others)
    readings["signs"] = _read_signs(reader, pens, others)
    return readings


def _read_signs(reader: Reader, pens: Sequence[PenDigit], count: int) -> VariantReadings:
    """Read `count` pages with signs, as many of each kind.

    Right if the reader says exactly what is written; the text of what it takes for no digit at all is never right.
    """
    each = -(-count // len(SIGN_KINDS))
    pages = [page for kind in SIGN_KINDS for page in draw_case_pages(kind, pens, each, SEED)]
    chosen = [pages[place] for place in np.linspace(0, len(pages) - 1, count).astype(int)]
    found = read_with_baseline(reader, [page.sent for page in chosen], [None] * count)
    right = np.array(
        [
            is_exact(page, reading) and reading.verdict is not Verdict.NOT_A_DIGIT
            for page, reading in zip(chosen, found.readings, strict=True)
        ]
    )
    return VariantReadings(found.readings, right, found.naive_right, found.naive_confidence)


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


def read_with_baseline(reader: Reader, drawings: Sequence[Drawing], written: Sequence[str | None]) -> VariantReadings:
    """Read drawings with the reader and with the baseline. written: what is drawn, None if it is not one digit."""
    readings = [reading or BLANK for reading in read_drawings(reader, drawings)]
    seen = np.stack([shrink_canvas(_picture_of(drawing)) for drawing in drawings])
    logits = reader.network.logits(seen)[:, :CLASSES].astype(np.float64)
    naive = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    naive_read = [str(digit) for digit in naive.argmax(axis=1)]
    return VariantReadings(
        readings,
        np.array([reading.text == text for reading, text in zip(readings, written, strict=True)]),
        np.array([read == text for read, text in zip(naive_read, written, strict=True)]),
        naive.max(axis=1),
    )


def _picture_of(drawing: Drawing) -> Image.Image:
    """Return the picture that was sent, or one of the strokes' ink."""
    if isinstance(drawing, bytes):
        return Image.open(io.BytesIO(drawing))
    return Image.fromarray(np.round(255 - 255 * page_of(drawing).ink).astype(np.uint8))


def summarize_variants(readings: dict[str, VariantReadings]) -> dict[str, Any]:
    """Return the figures of each variant, and the confidence metrics with and without non-digits."""
    figures: dict[str, Any] = {}
    for name, variant in readings.items():
        verdicts = [reading.verdict for reading in variant.readings]
        figures[name] = {"count": len(variant.readings)}
        if name not in NOT_DIGITS:
            figures[name] |= {"accuracy": _share(variant.right), "naive_accuracy": _share(variant.naive_right)}
            figures[name]["read_as_several"] = sum(len(reading.text) > 1 for reading in variant.readings)
            sure = [verdict == Verdict.DIGIT for verdict in verdicts]
            figures[name]["right_and_sure"] = int((variant.right & np.array(sure)).sum())
        figures[name]["verdicts"] = {verdict.value: verdicts.count(verdict) for verdict in Verdict}
    digits = [variant for name, variant in readings.items() if name not in NOT_DIGITS]
    mixes = {"digits": digits, "digits, no digits and signs": [*digits, *(readings[name] for name in NOT_DIGITS)]}
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
