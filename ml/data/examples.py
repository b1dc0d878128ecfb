"""Labelled drawings, preprocessed as the digit network sees them."""

from dataclasses import dataclass

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.datasets import Labels, PenDigit
from ml.data.hard_negatives import draw_hard_negatives
from ml.preprocessing.ink import Ink
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.types import CLASSES


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


def concatenate(*parts: Examples) -> Examples:
    """Return several sets as one."""
    return Examples(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))
