"""The reader on all kinds of canvas, beside the naive way: the canvas shrunk to 28 x 28, the softmax believed."""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from ml.data.augmentation import Strokes
from ml.data.canvas_variants import SIDE_PX, VARIANTS, draw_variant
from ml.data.datasets import PenDigit
from ml.data.hard_negatives import noise, nondigit_strokes
from ml.data.templates import draw_template, unseen_signs
from ml.evaluation.metrics import Bools, reliability, trust
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Ink
from ml.recognition.reader import Calibration, Floats, Reader
from ml.recognition.runtimes import Network
from ml.recognition.text_line import TextLine, find_text_line
from ml.types import CLASSES, SIDE, Reading, Verdict

SEED = 303
SEVERAL = CLASSES + 1
BLANK = Reading("", Verdict.NOT_A_DIGIT, 0.0, ())
UNSEEN_SHARE = 0.5  # of the drawings that are no digit: signs that learning never saw


@dataclass(frozen=True)
class Trial:
    """What came of a set of pictures, (n,) each: label (CLASSES is "none"), and by both ways what was read, how surely.

    read: SEVERAL where more than one digit was read. verdicts: the naive way knows no such thing.
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


def try_variants(network: Network, calibration: Calibration, pens: Sequence[PenDigit], count: int) -> dict[str, Trial]:
    """Read up to `count` drawings of each kind of canvas, and as many in all that are no digit ("no digits").

    Cost: about 10 ms a drawing.
    """
    rng = np.random.default_rng(SEED)
    trials = {}
    for name, how in VARIANTS.items():
        chosen = [pens[place] for place in rng.permutation(len(pens))[:count]]
        pictures = [draw_variant(pen.strokes, how, rng) for pen in chosen]
        trials[name] = read_both_ways(network, calibration, pictures, np.array([pen.digit for pen in chosen]))
    others = [draw_nondigit(rng) for _ in range(sum(len(trial.labels) for trial in trials.values()))]
    trials["no digits"] = read_both_ways(network, calibration, others, np.full(len(others), CLASSES))
    return trials


def draw_nondigit(rng: np.random.Generator) -> Image.Image:
    """Return the picture of something that is neither digit nor number, on any kind of canvas."""
    if rng.uniform() < UNSEEN_SHARE:
        template = unseen_signs()[rng.integers(len(unseen_signs()))]
        strokes: Strokes | None = draw_template(template, rng, is_round=rng.uniform() < 0.6)
    else:
        strokes = nondigit_strokes([], rng)
    if strokes is None:
        grey = np.round(255 - noise(rng) * 255).astype(np.uint8)
        return Image.fromarray(grey).resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST).convert("RGB")
    small = [how for how in VARIANTS.values() if how.width == SIDE_PX]
    return draw_variant(strokes, small[rng.integers(len(small))], rng)


def shrink_naively(picture: Image.Image) -> Ink:
    """Return (28, 28) of the whole canvas, dark taken for ink: what many programs do."""
    grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return 1 - np.asarray(grey, dtype=np.float32) / 255


def read_both_ways(
    network: Network, calibration: Calibration, pictures: list[Image.Image], labels: np.ndarray
) -> Trial:
    """Return what comes of pictures of one digit each, read by the reader and the naive way. labels: (n,)."""
    reader = Reader(network, {"calibration": asdict(calibration)})
    lines = [_line_of(picture) for picture in pictures]
    found = iter(reader.read([line for line in lines if line]))
    readings = [next(found) if line else BLANK for line in lines]
    logits = network.logits(np.stack([shrink_naively(picture) for picture in pictures]))[:, :CLASSES].astype(np.float64)
    naive = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    return Trial(
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


def sum_up(trials: dict[str, Trial]) -> dict[str, Any]:
    """Return the figures of every trial, and how far confidence is to be believed: on digits, and with no digits too."""
    figures: dict[str, Any] = {}
    for name, trial in trials.items():
        figures[name] = {"count": len(trial.labels)}
        if name != "no digits":
            figures[name] |= {"accuracy": _share(trial.right), "naive_accuracy": _share(trial.naive_right)}
            figures[name]["read_as_several"] = int((trial.read == SEVERAL).sum())
        figures[name]["verdicts"] = {verdict.value: trial.verdicts.count(verdict) for verdict in Verdict}
    digits = [trial for name, trial in trials.items() if name != "no digits"]
    mixes = {"digits": digits, "digits and no digits": [*digits, trials["no digits"]]}
    return {"canvases": figures, "trust": {name: _trust_of(mixed) for name, mixed in mixes.items()}}


def _trust_of(trials: list[Trial]) -> dict[str, Any]:
    found = {}
    for way, prefix in (("reader", ""), ("naive", "naive_")):
        confidence, right = pooled(trials, f"{prefix}confidence"), pooled(trials, f"{prefix}right")
        found[way] = trust(confidence, right) | {"bins": reliability(confidence, right).as_dict()}
    return found


def pooled(trials: list[Trial], name: str) -> np.ndarray:
    """Return one of the trials' arrays, of all of them together."""
    return np.concatenate([getattr(trial, name) for trial in trials])


def _share(right: Bools) -> float:
    return round(float(right.mean()), 5)
