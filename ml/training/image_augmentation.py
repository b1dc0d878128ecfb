"""Random augmentation of 28 x 28 images in batches, as a Keras layer: it runs where the network is trained."""

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from ml.types import SIDE

ROTATION_RAD, SHEAR, STRETCH, SHIFT_PX = 0.22, 0.25, 0.14, 1.6
ELASTIC_PX = 1.3
ELASTIC_NODES = 6
PADDED = SIDE + 3
CHOICES = 9  # random numbers for an image, besides its elastic distortion


class AugmentImages(keras.layers.Layer):
    """Scale bytes to [0, 1]; in training, vary each image's position, angle, proportions and stroke width at random.

    (n, 28, 28) uint8 -> (n, 28, 28) float32 in [0, 1].

    Source: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks", 2003 (elastic distortion).
    """

    def __init__(self, seed: int) -> None:
        super().__init__(dtype="float32", autocast=False)
        self.seeds = keras.random.SeedGenerator(seed)

    def call(self, images: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Return the images as float32, augmented in training."""
        ink = ops.cast(images, "float32") / 255.0
        if not training:
            return ink
        count = ops.shape(images)[0]
        choices = keras.random.uniform((CHOICES, count, 1), seed=self.seeds)
        nodes = keras.random.normal((count, 2, ELASTIC_NODES, ELASTIC_NODES), seed=self.seeds)
        y, x = _sampling_grid(choices, nodes)
        return _sample_bilinear(_vary_stroke_width(ink, choices[7], choices[8]), y, x)


def _between(choice: keras.KerasTensor, limit: float) -> keras.KerasTensor:
    return (2 * choice - 1) * limit


def _sampling_grid(choices: keras.KerasTensor, nodes: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the y and the x, each (n, 784), at which each output pixel samples its input."""
    axis = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, 1, -1)
    down, across = ops.convert_to_tensor(grid[0]), ops.convert_to_tensor(grid[1])
    angle, shear = _between(choices[0], ROTATION_RAD), _between(choices[1], SHEAR)
    cos, sin = ops.cos(angle), ops.sin(angle)
    y = cos * down - sin * across
    x = sin * down + cos * across + shear * y
    y = y * ops.exp(_between(choices[2], STRETCH)) + _between(choices[4], SHIFT_PX)
    x = x * ops.exp(_between(choices[3], STRETCH)) + _between(choices[5], SHIFT_PX)
    weights = _elastic_weights()
    bend = ops.matmul(ops.matmul(weights, nodes), weights.T) * (choices[6] * ELASTIC_PX)[:, :, None, None]
    bend = ops.reshape(bend, (-1, 2, SIDE * SIDE)) + (SIDE - 1) / 2
    return y + bend[:, 0], x + bend[:, 1]


def _elastic_weights() -> NDArray[np.float32]:
    """Return (28, nodes): the weight of each node of the coarse displacement grid at each pixel."""
    nodes = np.linspace(-2, SIDE + 1, ELASTIC_NODES)
    weights = np.exp(-(((np.arange(SIDE)[:, None] - nodes) / (nodes[1] - nodes[0])) ** 2) / 0.7)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _sample_bilinear(ink: keras.KerasTensor, y: keras.KerasTensor, x: keras.KerasTensor) -> keras.KerasTensor:
    """Sample the images bilinearly at y, x, each (n, 784); beyond the edge they are 0."""
    flat = ops.reshape(ops.pad(ink, ((0, 0), (1, 2), (1, 2))), (-1,))
    y, x = (ops.clip(place + 1, 0.0, PADDED - 2.0) for place in (y, x))
    top, left = ops.floor(y), ops.floor(x)
    first = ops.arange(ops.shape(ink)[0], dtype="int32")[:, None] * (PADDED * PADDED)
    first = first + ops.cast(top, "int32") * PADDED + ops.cast(left, "int32")
    down, across = y - top, x - left
    upper = ops.take(flat, first) * (1 - across) + ops.take(flat, first + 1) * across
    lower = ops.take(flat, first + PADDED) * (1 - across) + ops.take(flat, first + PADDED + 1) * across
    return ops.reshape(upper * (1 - down) + lower * down, (-1, SIDE, SIDE))


def _vary_stroke_width(ink: keras.KerasTensor, kind: keras.KerasTensor, amount: keras.KerasTensor) -> keras.KerasTensor:
    """Thicken or thin the strokes of two images in three, each by a random amount."""
    padded = ops.pad(ink, ((0, 0), (1, 1), (1, 1)))
    thick = thin = ink
    for top, left in ((0, 1), (1, 0), (1, 2), (2, 1)):
        beside = padded[:, top : top + SIDE, left : left + SIDE]
        thick, thin = ops.maximum(thick, beside), ops.minimum(thin, beside)
    kind, amount = kind[:, :, None], amount[:, :, None]
    grown = ink + amount * (thick - ink)
    shrunk = ink + 0.6 * amount * (thin - ink)
    has_body = ops.max(shrunk, axis=(1, 2), keepdims=True) > 0.7  # a hairline would vanish
    changed = ops.where(ops.logical_and(kind > 2 / 3, has_body), shrunk, grown)
    return ops.where(kind < 1 / 3, ink, changed)
