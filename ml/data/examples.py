"""Labelled drawings, preprocessed as the digit network sees them."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ml.data.augmentation import Strokes
from ml.data.datasets import Labels, PenDigit
from ml.data.hard_negatives import draw_hard_negatives
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Ink
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.types import CLASSES, SIDE


@dataclass(frozen=True)
class Examples:
    """Preprocessed images, (n, 28, 28) float32, and their labels, (n,); the label CLASSES means "not a digit"."""

    images: Ink
    labels: Labels


def render_pens(pens: list[PenDigit]) -> Examples:
    """Return pen-written digits, rendered as the service renders strokes of unknown pen width."""
    images = [crop_single_digit(render_strokes([stroke.tolist() for stroke in pen.strokes])).input for pen in pens]
    return Examples(np.stack(images), np.array([pen.digit for pen in pens]))


def draw_negative_examples(pens: list[PenDigit], count: int, seed: int) -> Examples:
    """Return generated drawings that are not digits."""
    digits: list[Strokes] = [pen.strokes for pen in pens]
    return Examples(draw_hard_negatives(count, digits, np.random.default_rng(seed)), np.full(count, CLASSES))


def send_as_pictures(examples: Examples) -> Examples:
    """Return 28 x 28 images after the preprocessing of uploaded pictures. Cost: 2 ms each."""
    seen = np.zeros_like(examples.images)
    for place, image in enumerate(np.round(examples.images * 255).astype(np.uint8)):
        with contextlib.suppress(BlankDrawing):  # a blank page stays all zeros
            seen[place] = crop_single_digit(page_from_image(Image.fromarray(image))).input
    return Examples(seen, examples.labels)


def load_canvas_examples(path: Path, writers: set[int]) -> tuple[Examples, Examples]:
    """Return these writers' canvas drawings twice: from the canvas' pixels, and rendered from its strokes."""
    with np.load(path, allow_pickle=False) as arrays:
        chosen = np.flatnonzero(np.isin(arrays["writer"], sorted(writers)))
        pixels, strokes, pens = arrays["x"][chosen], arrays["strokes"][chosen], arrays["pen"][chosen]
        labels = arrays["y"][chosen].astype(np.int64)
    seen = [crop_single_digit(page_from_image(Image.fromarray(canvas))).input for canvas in pixels]
    size = float(pixels.shape[2]), float(pixels.shape[1])
    drawn = [
        crop_single_digit(render_strokes(json.loads(str(lines)), *size, float(pen))).input
        for lines, pen in zip(strokes, pens, strict=True)
    ]
    shape = (-1, SIDE, SIDE)
    return Examples(np.array(seen).reshape(shape), labels), Examples(np.array(drawn).reshape(shape), labels)


def concatenate(*parts: Examples) -> Examples:
    """Return several sets as one."""
    return Examples(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))
