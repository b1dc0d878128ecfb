"""The line recognizer's network: a convolutional network in Keras whose frames CTC turns into text."""

import keras
from keras import layers

from ml.recognition.line_image import FIELD_PX
from ml.recognition.line_recognizer import OUTPUTS

# Maps of each convolution; the last is also the width of the frames.
SIZES = {"plain": (24, 40, 64, 64, 96, 160), "wide": (32, 64, 80, 96, 128, 224)}
CONTEXT = ((1, 3), (2, 5), (4, 5))  # dilation and width of the convolutions along the line


def build_line_network(size: str = "plain") -> keras.Model:
    """Return an untrained network: (n, FIELD_PX, w) float32 in [0, 1] -> (n, w / 2, OUTPUTS) logits.

    Each frame sees 36 px to each side, about two digits.
    """
    maps = SIZES[size]
    ink = keras.Input((FIELD_PX, None), name="ink")
    x = layers.Reshape((FIELD_PX, -1, 1))(ink)
    x = layers.MaxPooling2D((2, 2))(_convolve(x, maps[0], 3))
    x = layers.MaxPooling2D((2, 1))(_convolve(x, maps[1], 3))
    x = layers.MaxPooling2D((2, 1))(_convolve(_convolve(x, maps[2], 3), maps[3], 3))
    x = _convolve(_convolve(x, maps[4], 3), maps[5], (FIELD_PX // 8, 1), padding="valid")  # one row is left
    for dilation, width in CONTEXT:
        x = layers.Add()([x, _convolve(x, maps[5], (1, width), dilation=dilation)])
    x = layers.Conv2D(OUTPUTS, 1, name="symbols", dtype="float32")(layers.Dropout(0.1)(x))
    return keras.Model(ink, layers.Reshape((-1, OUTPUTS), name="logits", dtype="float32")(x), name="line_recognizer")


def _convolve(
    x: keras.KerasTensor, filters: int, kernel: int | tuple[int, int], padding: str = "same", dilation: int = 1
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, padding=padding, dilation_rate=(1, dilation), use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.97)(x))
