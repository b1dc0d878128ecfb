"""Random augmentation of strokes before they are rendered, and of 28 x 28 images in batches."""

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink
from ml.types import SIDE

Strokes = list[NDArray[np.float64]]  # each (points, 2)

ROTATION_RAD, SHEAR, STRETCH, SHIFT_PX = 0.22, 0.25, 0.14, 1.6
ELASTIC_PX = 1.3
ELASTIC_NODES = 6
TILT_RAD, TILTED_SHARE = 0.40, 0.25  # some people write at 20 degrees, most do not
THINNEST_PEN, THICKEST_PEN = 0.012, 0.26  # of the drawing's extent


def augment_strokes(strokes: Strokes, rng: np.random.Generator) -> tuple[Strokes, float]:
    """Return randomly sheared, stretched, rotated and wavering strokes, and a random pen width in their units."""
    is_tilted = rng.uniform() < TILTED_SHARE
    angle = rng.uniform(-TILT_RAD, TILT_RAD) if is_tilted else rng.normal(0, 0.10)
    shear = rng.normal(0, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.array([[np.exp(rng.normal(0, 0.15)), shear], [0.0, 1.0]])
    extent = max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1.0)
    wave = rng.normal(0, 0.012 * extent, (2, 2, 2))  # two slow waves, each with its phase, for x and y
    varied = []
    for stroke in strokes:
        phase = stroke[:, ::-1, None] / extent * np.array([3.0, 6.0])
        bent = stroke + (wave[0] * np.sin(phase) + wave[1] * np.cos(phase)).sum(axis=-1)
        varied.append(bent @ (turn @ slant).T)
    pen = extent * float(np.exp(rng.uniform(np.log(THINNEST_PEN), np.log(THICKEST_PEN))))
    return varied, pen


def augment_images(images: Ink, rng: np.random.Generator) -> Ink:
    """Return each image with a random affine transform, elastic distortion and stroke width.

    Args:
        images: (n, 28, 28) float32 in [0, 1].

    Returns:
        (n, 28, 28) float32 in [0, 1]. Cost: about 0.1 ms an image.

    Source: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks", 2003 (elastic distortion).
    """
    return _sample_bilinear(_augment_stroke_width(images, rng), _sampling_grid(len(images), rng))


def _sampling_grid(count: int, rng: np.random.Generator) -> Ink:
    """Return (count, 2, 28, 28): the y and x at which each output pixel samples its input."""
    angle = rng.uniform(-ROTATION_RAD, ROTATION_RAD, count)
    shear = rng.uniform(-SHEAR, SHEAR, count)
    stretch = np.exp(rng.uniform(-STRETCH, STRETCH, (count, 2)))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)  # (count, 2, 2)
    matrix[:, 1] += shear[:, None] * matrix[:, 0]
    matrix *= stretch[:, :, None]
    axis = np.arange(SIDE) - (SIDE - 1) / 2
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, -1)  # (2, 784)
    shift = rng.uniform(-SHIFT_PX, SHIFT_PX, (count, 2, 1)) + (SIDE - 1) / 2
    places = (matrix @ grid + shift).reshape(count, 2, SIDE, SIDE)
    strength = rng.uniform(0, ELASTIC_PX, (count, 1, 1, 1))
    nodes = rng.normal(size=(count, 2, ELASTIC_NODES, ELASTIC_NODES)) * strength
    weights = _elastic_weights()
    return (places + weights @ nodes @ weights.T).astype(np.float32)


def _elastic_weights() -> NDArray[np.float64]:
    """Return (28, nodes): the weight of each node of the coarse displacement grid at each pixel."""
    nodes = np.linspace(-2, SIDE + 1, ELASTIC_NODES)
    weights = np.exp(-(((np.arange(SIDE)[:, None] - nodes) / (nodes[1] - nodes[0])) ** 2) / 0.7)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _sample_bilinear(images: Ink, places: Ink) -> Ink:
    """Sample the images bilinearly at `places`; beyond the edge they are 0."""
    pad_with_zeros = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    side = pad_with_zeros.shape[1]
    places = np.clip(places + 1, 0, side - 2)
    whole = places.astype(np.int32)
    part = places - whole
    first = np.arange(len(images), dtype=np.int32)[:, None, None] * (side * side) + whole[:, 0] * side + whole[:, 1]
    flat, fy, fx = pad_with_zeros.reshape(-1), part[:, 0], part[:, 1]
    upper = flat[first] * (1 - fx) + flat[first + 1] * fx
    lower = flat[first + side] * (1 - fx) + flat[first + side + 1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)


def _augment_stroke_width(images: Ink, rng: np.random.Generator) -> Ink:
    """Thicken or thin the strokes of two images in three, each by a random amount."""
    pad_with_zeros = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    around = [pad_with_zeros[:, y : y + SIDE, x : x + SIDE] for y, x in ((0, 1), (1, 0), (1, 2), (2, 1))]
    thick = np.maximum.reduce([images, *around])
    thin = np.minimum.reduce([images, *around])
    kind = rng.integers(0, 3, len(images))
    amount = rng.uniform(0, 1, len(images))[:, None, None].astype(np.float32)
    grown = images + amount * (thick - images)
    shrunk = images + 0.6 * amount * (thin - images)
    has_body = (shrunk.max(axis=(1, 2)) > 0.7)[:, None, None]  # a hairline would vanish
    choice = kind[:, None, None]
    return np.where(choice == 0, images, np.where((choice == 1) | ~has_body, grown, shrunk))
