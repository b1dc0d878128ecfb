"""Accuracy as one property of the canvas varies: pen width, size, tilt or blur; compared with the baseline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from ml.data.canvas_variants import Canvas, draw_variant
from ml.data.datasets import PenDigit
from ml.evaluation.reading import encode_png
from ml.evaluation.robustness import read_with_baseline
from ml.recognition.reader import Reader

SEED = 505


@dataclass(frozen=True)
class Sweep:
    """One property with its unit, its values, and the canvas for each value."""

    unit: str
    values: tuple[float, ...]
    canvas: Callable[[float], Canvas]


def _blurred(radius_px: float) -> Canvas:
    return Canvas(finish=lambda picture, _: _blur(picture, radius_px))


def _blur(picture: Image.Image, radius_px: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(radius_px))


SWEEPS = {
    "pen width": Sweep("px", (1, 2, 4, 8, 14, 20, 28, 40), lambda px: Canvas(pen_px=px)),
    "size": Sweep("px", (16, 24, 40, 80, 160, 256), lambda px: Canvas(pen_px=max(px / 8, 1.5), size_px=px)),
    "tilt": Sweep("degrees", (0, 5, 10, 15, 20, 25, 30), lambda degrees: Canvas(tilt_degrees=(degrees, degrees))),
    "blur": Sweep("px", (0, 2, 4, 6, 8, 10, 12), _blurred),
}


def evaluate_sweeps(reader: Reader, pens: Sequence[PenDigit], count: int) -> dict[str, dict[str, Any]]:
    """Return, for each sweep, the accuracy of the reader and of the baseline at each value, on the same `count` digits.

    The canvas is 280 x 280 px. Cost: about 10 ms a drawing and value.
    """
    rng = np.random.default_rng(SEED)
    chosen = [pens[place] for place in rng.permutation(len(pens))[:count]]
    written = [str(pen.digit) for pen in chosen]
    figures: dict[str, dict[str, Any]] = {}
    for name, sweep in SWEEPS.items():
        readings = [
            read_with_baseline(
                reader, [encode_png(draw_variant(pen.strokes, sweep.canvas(value), rng)) for pen in chosen], written
            )
            for value in sweep.values
        ]
        figures[name] = {
            "unit": sweep.unit,
            "count": len(chosen),
            "values": list(sweep.values),
            "accuracy": [round(float(one.right.mean()), 4) for one in readings],
            "naive_accuracy": [round(float(one.naive_right.mean()), 4) for one in readings],
        }
    return figures
