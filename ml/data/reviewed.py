"""Load the inputs of a service's reviewed set, as `manage.py export_reviewed` writes them."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.data.datasets import BadDataset, Labels
from ml.data.examples import Examples
from ml.types import CLASSES, SIDE


@dataclass(frozen=True)
class Reviewed:
    """Inputs that reviewers labelled; those of the test writers are left out.

    Attributes:
        images: (n, 28, 28) uint8, 255 = ink, of the training writers.
        labels: (n,); CLASSES is "not a digit".
        writers: how many wrote them.
        validation: of the validation writers.
        sha256: of the file.
    """

    images: NDArray[np.uint8]
    labels: Labels
    writers: int
    validation: Examples
    sha256: str


def load_reviewed(path: Path) -> Reviewed:
    """Return the training and validation splits of an .npz file. Raises BadDataset."""
    data = path.read_bytes()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            images, labels, split, writer = (arrays[name] for name in ("images", "labels", "split", "writer"))
    except (KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise BadDataset(f"{path} is not a reviewed set: {problem}") from problem
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        raise BadDataset(f"The images of {path} should be {SIDE} x {SIDE} bytes, not {images.shape} {images.dtype}.")
    if not len(images) == len(labels) == len(split) == len(writer) or not np.isin(labels, range(CLASSES + 1)).all():
        raise BadDataset(f"The labels of {path} should be one for each image, from 0 to {CLASSES}.")
    trained, held = split == "train", split == "validation"
    validation = Examples(images[held].astype(np.float32) / 255, labels[held].astype(np.int64))
    writers = len(np.unique(writer[trained]))
    return Reviewed(
        images[trained], labels[trained].astype(np.int64), writers, validation, hashlib.sha256(data).hexdigest()
    )
