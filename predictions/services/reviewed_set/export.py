"""Write the reviewed set to files: the drawings, the inputs to train on, and the data card."""

import gzip
import json
import os
import tempfile
from array import array
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ml.types import SIDE
from predictions.services.reviewed_set.data_card import DataCard
from predictions.services.reviewed_set.drawings import ReviewedDrawing
from predictions.services.reviewed_set.writers import PSEUDONYM_CHARS, SPLITS

DRAWINGS, INPUTS, CARD = "reviewed.jsonl.gz", "reviewed.npz", "card.json"
PROGRESS_EVERY = 1_000  # drawings


class Export:
    """The files of an export, under temporary names until they are published. A context: what is not is deleted.

    The same rows give the same bytes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # for nobody else: these are people's drawings
        self.unfinished = {name: folder / f".{name}.{os.getpid()}.tmp" for name in (DRAWINGS, INPUTS, CARD)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path in self.unfinished.values():
            path.unlink(missing_ok=True)

    def write(self, on_progress: Callable[[int], object] = lambda count: None, *, batch: int = 500) -> dict[str, Any]:
        """Write the files and return the data card. Memory grows by less than 1 kB a drawing.

        on_progress: called with the number of drawings every PROGRESS_EVERY.
        """
        card = DataCard()
        with tempfile.TemporaryFile(dir=self.folder) as pixels, self._open(DRAWINGS) as file:
            inputs = _Inputs(pixels)
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as lines:
                for count, drawing in enumerate(card.iterate(batch=batch), 1):
                    lines.write(_line(drawing))
                    inputs.add(drawing)
                    if count % PROGRESS_EVERY == 0:
                        on_progress(count)
            with self._open(INPUTS) as arrays:
                np.savez_compressed(
                    arrays,
                    images=inputs.read_images(),
                    labels=np.array(inputs.labels, dtype=np.int64),
                    split=np.array(SPLITS)[np.array(inputs.splits, dtype=np.int64)],
                    writer=np.array(inputs.writers, dtype=f"<U{PSEUDONYM_CHARS}"),
                )
        told = card.as_dict()
        with self._open(CARD) as file:
            file.write((json.dumps(told, indent=1) + "\n").encode())
        return told

    def publish(self) -> None:
        """Give the files their names, the card last; each replaces an earlier export's at once."""
        for name, path in self.unfinished.items():
            path.replace(self.folder / name)

    def _open(self, name: str) -> Any:
        return self.unfinished[name].open("wb")


class _Inputs:
    """The inputs with their labels, splits and writers; the pixels are in a file."""

    def __init__(self, pixels: Any) -> None:
        self.pixels = pixels
        self.labels, self.splits = array("q"), array("q")
        self.writers: list[str] = []

    def add(self, drawing: ReviewedDrawing) -> None:
        for image, label in drawing.digits:
            self.pixels.write(image.tobytes())
            self.labels.append(label)
            self.splits.append(SPLITS.index(drawing.split))
            self.writers.append(drawing.writer)

    def read_images(self) -> np.ndarray:
        """Return the images, which stay in the file."""
        shape = (len(self.labels), SIDE, SIDE)
        self.pixels.flush()
        return np.memmap(self.pixels, np.uint8, "r", shape=shape) if self.labels else np.zeros(shape, np.uint8)


def _line(drawing: ReviewedDrawing) -> bytes:
    ink = dict(drawing.drawing)
    if "image" in ink:
        ink["image"] = b64encode(ink["image"]).decode("ascii")
    about = {"text": drawing.text, "split": drawing.split, "writer": drawing.writer, "is_sample": drawing.is_sample}
    return json.dumps(about | ink, separators=(",", ":")).encode() + b"\n"
