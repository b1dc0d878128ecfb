"""How strokes come to paper in learning: with any pen, by mouse in a large window, or as a poor picture of it."""

import io

import numpy as np
from PIL import Image, ImageFilter

from ml.data.augmentation import Strokes, vary_strokes
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Ink, normalize
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit

MOUSE_SHARE, PICTURE_SHARE = 0.16, 0.10
MOUSE_EXTENT_PX = (250.0, 800.0)  # of a window of 800 x 1050
MOUSE_PEN_PX = (1.0, 2.6)
PICTURE_EXTENT_PX = (60.0, 160.0)


def draw_on_paper(strokes: Strokes, rng: np.random.Generator) -> Ink:
    """Return (28, 28) float32 of strokes drawn with another hand and another pen each time.

    Raises BlankDrawing if nothing is left of it.
    """
    varied, pen = vary_strokes(strokes, rng)
    kind = rng.uniform()
    if kind < MOUSE_SHARE:
        return _by_mouse(varied, rng)
    if kind < MOUSE_SHARE + PICTURE_SHARE:
        return _as_picture(varied, pen, rng)
    return _rendered(varied, pen)


def _rendered(strokes: Strokes, pen_px: float) -> Ink:
    return normalize(render_strokes([stroke.tolist() for stroke in strokes], pen_px=pen_px).ink)


def _by_mouse(strokes: Strokes, rng: np.random.Generator) -> Ink:
    """Draw a hairline in a large window by a mouse."""
    extent = float(rng.uniform(*MOUSE_EXTENT_PX))
    shaken = shake_as_mouse(_scaled(strokes, extent), extent, rng.uniform(0, 0.012), rng)
    return _rendered(shaken, float(rng.uniform(*MOUSE_PEN_PX)))


def shake_as_mouse(strokes: Strokes, extent: float, shake: float, rng: np.random.Generator) -> Strokes:
    """Return strokes through whole pixels that lie apart and shake. shake: of the extent."""
    apart = extent * rng.uniform(0.01, 0.06)
    points = [_resampled(stroke, apart) for stroke in strokes]
    return [np.round(line + rng.normal(0, extent * shake, line.shape)) for line in points]


def _scaled(strokes: Strokes, extent: float) -> Strokes:
    """Return strokes with their longer side as long as `extent`."""
    scale = extent / max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1e-6)
    return [stroke * scale for stroke in strokes]


def _resampled(stroke: np.ndarray, apart: float) -> np.ndarray:
    """Return points on the same line, at most `apart` from one another."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    places = np.linspace(0, along[-1], int(along[-1] / apart) + 2)
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], axis=-1)


def _as_picture(strokes: Strokes, pen: float, rng: np.random.Generator) -> Ink:
    """Read the drawing from a picture: coloured, blurred, grainy, saved as a JPEG."""
    extent = float(rng.uniform(*PICTURE_EXTENT_PX))
    wide = pen * extent / max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1e-6)
    page = render_strokes([stroke.tolist() for stroke in _scaled(strokes, extent)], pen_px=max(wide, 2.0))
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
        return _rendered(strokes, pen)
