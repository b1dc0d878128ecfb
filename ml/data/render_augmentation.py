"""Render augmentation: draw strokes with a random pen, as a mouse in a large window would, or as a poor photo."""

import io

import numpy as np
from PIL import Image, ImageFilter

from ml.data.augmentation import THICKEST_PEN, Strokes, augment_strokes
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Ink
from ml.preprocessing.normalization import normalize
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit

MOUSE_SHARE, PICTURE_SHARE = 0.16, 0.10
MOUSE_EXTENT_PX = (250.0, 800.0)  # of a window of 800 x 1050
MOUSE_PEN_PX = (1.0, 2.6)
PICTURE_EXTENT_PX = (60.0, 160.0)


def render_augmented(
    strokes: Strokes, rng: np.random.Generator, thickest_pen: float = THICKEST_PEN, is_steady: bool = False
) -> Ink:
    """Return (28, 28) float32 of the augmented strokes, rendered in a random way and preprocessed.

    `thickest_pen` and `is_steady` limit the augmentation (see `augment_strokes`).

    Raises:
        BlankDrawing: if no ink is left.
    """
    varied, pen = augment_strokes(strokes, rng, thickest_pen, is_steady)
    kind = rng.uniform()
    if kind < MOUSE_SHARE:
        return _render_as_mouse(varied, rng)
    if kind < MOUSE_SHARE + PICTURE_SHARE:
        return _render_as_photo(varied, pen, rng)
    return _render(varied, pen)


def _render(strokes: Strokes, pen_px: float) -> Ink:
    return normalize(render_strokes([stroke.tolist() for stroke in strokes], pen_px=pen_px).ink)


def _render_as_mouse(strokes: Strokes, rng: np.random.Generator) -> Ink:
    """Draw a hairline as with a mouse in a large window."""
    extent = float(rng.uniform(*MOUSE_EXTENT_PX))
    jittered = jitter_as_mouse(_scale_to(strokes, extent), extent, rng.uniform(0, 0.012), rng)
    return _render(jittered, float(rng.uniform(*MOUSE_PEN_PX)))


def jitter_as_mouse(strokes: Strokes, extent: float, jitter: float, rng: np.random.Generator) -> Strokes:
    """Return the strokes as a mouse reports them: sparse points on whole pixels, with noise.

    Args:
        strokes: in px.
        extent: the drawing's longer side, in px.
        jitter: standard deviation of the noise, as a fraction of `extent`.
        rng: source of the point spacing and the noise.
    """
    spacing_px = extent * rng.uniform(0.01, 0.06)
    points = [resample(stroke, spacing_px) for stroke in strokes]
    return [np.round(line + rng.normal(0, extent * jitter, line.shape)) for line in points]


def _scale_to(strokes: Strokes, extent: float) -> Strokes:
    """Scale the strokes so that their longer side is `extent`."""
    scale = extent / max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1e-6)
    return [stroke * scale for stroke in strokes]


def resample(stroke: np.ndarray, spacing: float) -> np.ndarray:
    """Return evenly spaced points along the stroke, at most `spacing` apart."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    places = np.linspace(0, along[-1], int(along[-1] / spacing) + 2)
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], axis=-1)


def _render_as_photo(strokes: Strokes, pen: float, rng: np.random.Generator) -> Ink:
    """Preprocess a coloured, blurred, noisy JPEG of the drawing, as an upload is."""
    extent = float(rng.uniform(*PICTURE_EXTENT_PX))
    wide = pen * extent / max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1e-6)
    page = render_strokes([stroke.tolist() for stroke in _scale_to(strokes, extent)], pen_px=max(wide, 2.0))
    ink = np.pad(page.ink, int(0.1 * max(page.ink.shape)))[:, :, None]
    paper, pen_colour = rng.uniform(0.7, 1.0, 3), rng.uniform(0.0, 0.35, 3)
    if rng.uniform() < 0.3:
        paper, pen_colour = pen_colour, paper
    pixels = paper + (pen_colour - paper) * ink + rng.normal(0, rng.uniform(0, 0.03), (*ink.shape[:2], 1))
    picture = Image.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 0.015)) * extent))
    saved = io.BytesIO()
    picture.save(saved, "JPEG", quality=int(rng.integers(30, 95)))
    try:
        return crop_single_digit(page_from_image(Image.open(saved))).input
    except BlankDrawing:
        return _render(strokes, pen)
