"""The same network, preprocessing and reader for every peer; only what runs the network differs."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml import uploads
from ml.artifacts import load_shipped
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import Ink
from ml.recognition.reader import Reader
from ml.recognition.runtimes import load_network
from ml.recognition.text_line import find_text_line

MOST_PIXELS, MOST_SIDE_PX = 16_000_000, 8_192


class Predicted:
    """The network asked by Keras' own `model.predict`, as most programs do."""

    runtime, device = "model.predict", "cpu"

    def __init__(self, data: bytes) -> None:
        import keras  # five seconds and half a gigabyte: only the usual way needs it

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.keras"
            path.write_bytes(data)
            self.model = keras.saving.load_model(path, compile=False)

    def logits(self, x: Ink) -> Ink:
        """Return (n, 11) float32 for x (n, 28, 28) float32 in [0, 1]."""
        return np.asarray(self.model.predict(x, verbose=0))


def load_reader(runtime: str) -> Reader:
    """Return the shipped reader. runtime: "keras" (`model.predict`) or "litert" (the fastest on a CPU)."""
    artifact = next(artifact for artifact in load_shipped() if artifact.format == runtime)
    network = Predicted(artifact.data) if runtime == "keras" else load_network("litert", artifact.data)
    return Reader(network, artifact.card)


def read_pictures(reader: Reader, pictures: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the answer for each of these PNGs, read in one go."""
    lines = [
        find_text_line(page_from_image(uploads.decode(data, max_pixels=MOST_PIXELS, max_side_px=MOST_SIDE_PX)))
        for data in pictures
    ]
    return [
        {"text": reading.text, "verdict": reading.verdict, "confidence": reading.confidence}
        for reading in reader.read(lines)
    ]
