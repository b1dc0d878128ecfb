"""Export a digit network to the file that browsers run, for a preview of the reading."""

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ml.browser_network import LAYOUT, join_network

Floats = NDArray[np.float32]
KERNEL = 3  # px: the side of every convolution
WITHOUT_WEIGHTS = (layers.InputLayer, layers.Reshape, layers.ReLU, layers.Dropout, layers.Flatten)


class UnknownLayer(ValueError):
    """The network has a layer that browsers cannot run."""


def export_to_browser(network: keras.Model) -> bytes:
    """Return the file of `ml.browser_network` for a network of `ml.training.digit_network`. Raises UnknownLayer."""
    described: list[dict[str, Any]] = []
    weights: list[Floats] = []
    found = [layer for layer in network.layers if not isinstance(layer, WITHOUT_WEIGHTS)]
    for layer, following in zip(found, [*found[1:], None], strict=True):
        if isinstance(layer, layers.BatchNormalization):
            continue  # folded into the convolution before it
        described.append(_describe(layer))
        weights += _fold(layer, following) if described[-1]["kind"] == "convolution" else _weights_of(layer)
    header = {"layout": LAYOUT, "layers": described}
    return join_network(header, np.concatenate([one.reshape(-1) for one in weights]).astype("<f2").tobytes())


def _describe(layer: keras.Layer) -> dict[str, Any]:
    """Return what the header says of a layer."""
    if isinstance(layer, layers.MaxPooling2D) and layer.pool_size == (2, 2) == layer.strides:
        return {"kind": "pooling", "depth": layer.output.shape[-1]}
    if isinstance(layer, layers.DepthwiseConv2D) and layer.output.shape[1:3] == (1, 1) and layer.depth_multiplier == 1:
        return {"kind": "places", "filters": layer.output.shape[-1]}
    if isinstance(layer, layers.Dense) and layer.activation is keras.activations.linear:
        return {"kind": "dense", "inputs": layer.input.shape[-1], "outputs": layer.units}
    is_plain = isinstance(layer, layers.Conv2D) and not isinstance(layer, layers.DepthwiseConv2D)
    if is_plain and layer.kernel_size == (KERNEL, KERNEL) and layer.strides == (1, 1) and not layer.use_bias:
        padding = (KERNEL - 1) // 2 if layer.padding == "same" else 0
        sizes = {"inputs": layer.input.shape[-1], "filters": layer.filters}
        return {"kind": "convolution", "padding": padding, **sizes}
    raise UnknownLayer(f"Browsers cannot run the layer {layer.name}.")


def _weights_of(layer: keras.Layer) -> list[Floats]:
    """Return the weights of a layer, and then its bias."""
    return [np.asarray(one, dtype=np.float32) for one in layer.get_weights()]


def _fold(layer: keras.Layer, following: keras.Layer | None) -> list[Floats]:
    """Return the weights and the bias of a convolution together with its batch normalization."""
    if not isinstance(following, layers.BatchNormalization):
        raise UnknownLayer(f"Browsers cannot run the layer {layer.name} without batch normalization.")
    (weights,) = _weights_of(layer)
    gamma, beta, mean, variance = _weights_of(following)
    scale = gamma / np.sqrt(variance + following.epsilon)
    return [weights * scale, beta - mean * scale]
