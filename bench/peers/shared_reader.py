"""The network, preprocessing and reader that all peers share; only the runtime differs."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.module_loading import import_string

from ml import uploads
from ml.artifacts import load_shipped
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import Ink
from ml.recognition import loading
from ml.recognition.reader import Reader
from ml.recognition.text_line import find_text_line

CONSTANT_READER = "tests.readers.Constant"
MAX_PIXELS, MAX_SIDE_PX = 16_000_000, 8_192


class KerasPredict:
    """The network run by Keras' `model.predict`."""

    runtime, device = "model.predict", "cpu"

    def __init__(self, data: bytes) -> None:
        import keras  # takes five seconds and half a gigabyte; the others do without

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.keras"
            path.write_bytes(data)
            self.model = keras.saving.load_model(path, compile=False)

    def logits(self, x: Ink) -> Ink:
        """Return (n, 11) float32 for x (n, 28, 28) float32 in [0, 1]."""
        return np.asarray(self.model.predict(x, verbose=0))


def load_reader(runtime: str) -> Reader:
    """Return the shipped reader. runtime: "keras" (`model.predict`), "litert", or "constant", which reads sevens."""
    artifacts = load_shipped()
    if runtime == "constant":
        return loading.load_reader(artifacts, reader=import_string(CONSTANT_READER))
    reader = loading.load_reader(artifacts)
    if runtime == "keras":
        reader.network = KerasPredict(next(one.data for one in artifacts if one.format == "keras"))
    return reader


def read_pictures(reader: Reader, pictures: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the response for each of these PNGs, read as one batch."""
    lines = [
        find_text_line(page_from_image(uploads.decode(data, max_pixels=MAX_PIXELS, max_side_px=MAX_SIDE_PX)))
        for data in pictures
    ]
    return [
        {"text": reading.text, "verdict": reading.verdict, "confidence": reading.confidence}
        for reading in reader.read(lines)
    ]
