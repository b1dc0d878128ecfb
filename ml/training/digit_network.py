"""The digit network: a small convolutional network in Keras."""

import keras
from keras import layers

from ml.types import CLASSES, SIDE

OUTPUTS = CLASSES + 1  # ten digits, then "not a digit"
LAST_FILTERS = 128


def build_network(is_for_training: bool = False) -> keras.Model:
    """Return an untrained network of 220,000 parameters: (n, 28, 28) float32 in [0, 1] -> (n, 11) logits.

    In training, the same sum over places is a product of matrices: some backends train depthwise convolutions slowly.
    `copy_weights` takes the weights of either form.
    """
    ink = keras.Input((SIDE, SIDE), name="ink")
    x = layers.Reshape((SIDE, SIDE, 1))(ink)
    x = _convolve(_convolve(x, 24), 32)
    x = layers.MaxPooling2D()(x)  # 14 x 14
    x = _convolve(_convolve(x, 48), 64)
    x = layers.MaxPooling2D()(x)  # 7 x 7
    x = _convolve(_convolve(x, 96), LAST_FILTERS, padding="valid")  # 5 x 5
    if is_for_training:
        x = layers.EinsumDense("npc,pc->nc", LAST_FILTERS, bias_axes="c")(layers.Reshape((25, LAST_FILTERS))(x))
    else:
        x = layers.DepthwiseConv2D(5, name="weigh_places")(x)  # learned spatial weights instead of pooling
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(ink, layers.Dense(OUTPUTS, name="logits", dtype="float32")(x), name="inkling")


def _convolve(x: keras.KerasTensor, filters: int, padding: str = "same") -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, padding=padding, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Copy the weights of a network to one of the same layers, each of which may hold them in another shape."""
    pairs = zip(source.get_weights(), target.weights, strict=True)
    target.set_weights([weights.reshape(variable.shape) for weights, variable in pairs])
