"""The digit network: a small convolutional network in Keras."""

import keras
from keras import layers

from ml.types import CLASSES, SIDE

OUTPUTS = CLASSES + 1  # ten digits, then "not a digit"


def build_network() -> keras.Model:
    """Return an untrained network of 220,000 parameters: (n, 28, 28) float32 in [0, 1] -> (n, 11) logits."""
    ink = keras.Input((SIDE, SIDE), name="ink")
    x = layers.Reshape((SIDE, SIDE, 1))(ink)
    x = _convolve(_convolve(x, 24), 32)
    x = layers.MaxPooling2D()(x)  # 14 x 14
    x = _convolve(_convolve(x, 48), 64)
    x = layers.MaxPooling2D()(x)  # 7 x 7
    x = _convolve(_convolve(x, 96), 128, padding="valid")  # 5 x 5
    x = layers.DepthwiseConv2D(5, name="weigh_places")(x)  # learned spatial weights instead of pooling
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(ink, layers.Dense(OUTPUTS, name="logits")(x), name="inkling")


def _convolve(x: keras.KerasTensor, filters: int, padding: str = "same") -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, padding=padding, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
