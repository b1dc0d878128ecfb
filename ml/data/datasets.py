"""Load MNIST and pen-written digits, from a local folder if they are there, and verify them."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.data.augmentation import Strokes
from ml.preprocessing.ink import Ink

Labels = NDArray[np.int64]

MNIST_SHA256 = {  # of all pixels, in the published order
    "train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
}
MNIST_COUNT = {"train": 60_000, "test": 10_000}
MNIST_HELD_OUT = 5_000  # the last images of the training set, held out for model choice and calibration


class BadDataset(ValueError):
    """A data file is not in the format or not the data set that its name says."""


@dataclass(frozen=True)
class PenDigit:
    """One pen-written digit: its label, its writer's number, and its strokes, each (points, 2) with y down."""

    digit: int
    writer: int
    strokes: Strokes


def load_mnist(part: str, folder: Path | None = None) -> tuple[Ink, Labels]:
    """Return MNIST's "train" or "test" images and labels.

    Looks in `folder` for mnist_train.npz and mnist_test.npz (arrays x, y), then for Keras' mnist.npz; otherwise Keras
    downloads it.

    Returns:
        (n, 28, 28) float32 in [0, 1], and (n,) int64.

    Raises:
        BadDataset: if the shape or the sha256 is not MNIST's.
    """
    images, labels = _find_mnist(part, folder)
    if images.shape != (MNIST_COUNT[part], 28, 28) or images.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise BadDataset(
            f"MNIST's {part} set should be {MNIST_COUNT[part]} images of 28 x 28 bytes, not {images.shape}."
        )
    if hash_pixels(images) != MNIST_SHA256[part]:
        raise BadDataset(f"This is not MNIST's {part} set: its pixels have another sha256.")
    return images.astype(np.float32) / 255, labels.astype(np.int64)


def hash_pixels(images: NDArray[np.uint8]) -> str:
    """Return the sha256 of the pixels, in order."""
    return hashlib.sha256(images.tobytes()).hexdigest()


def _find_mnist(part: str, folder: Path | None) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    for name, keys in ((f"mnist_{part}.npz", ("x", "y")), ("mnist.npz", (f"x_{part}", f"y_{part}"))):
        path = folder / name if folder else None
        if path and path.exists():
            with np.load(path, allow_pickle=False) as arrays:
                return arrays[keys[0]], arrays[keys[1]]
    import keras  # half a gigabyte of memory, and only needed without a local file

    both = keras.datasets.mnist.load_data()
    images, labels = both[0] if part == "train" else both[1]
    return images, labels


def load_pen_digits(folder: Path) -> list[PenDigit]:
    """Return every pen-written digit in `folder`; an empty list if there is none.

    Reads *.jsonl.gz (one {"digit", "writer", "strokes"} a line) and UCI's pendigits-orig.tra and .tes. Those two number
    their writers from 1, but they are different people, so .tes writers get 1,000 added.

    Source: Alpaydin, Alimoglu, "Pen-Based Recognition of Handwritten Digits", https://doi.org/10.24432/C5MG6K.
    """
    found: list[PenDigit] = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            found += [_pen_digit(line) for line in lines]
    for suffix, first_writer in ((".tra", 0), (".tes", 1000)):
        path = folder / f"pendigits-orig{suffix}"
        if path.exists():
            with path.open(encoding="ascii", errors="replace") as lines:
                found += [replace(pen, writer=pen.writer + first_writer) for pen in parse_unipen(lines)]
    return found


def _pen_digit(line: str) -> PenDigit:
    try:
        row = json.loads(line)
        strokes: Strokes = [
            np.array([point[:2] for point in stroke], dtype=np.float64).reshape(-1, 2) for stroke in row["strokes"]
        ]
        return PenDigit(int(row["digit"]), int(row.get("writer", 0)), strokes)
    except (KeyError, ValueError, IndexError, TypeError) as problem:
        raise BadDataset(f"Not a pen digit: {line[:60]!r} ({problem})") from problem


def parse_unipen(lines: Iterable[str]) -> Iterator[PenDigit]:
    """Yield the digits of a file in UCI's UNIPEN format, where y points up.

    A digit begins with `.SEGMENT DIGIT 0-1 ? "7"`; the second number of `.COMMENT 7 12 3` is its writer; its points are
    between `.PEN_DOWN` and `.PEN_UP`, one `x y` a line.
    """
    digit, writer, is_down = -1, 0, False
    strokes: Strokes = []
    points: list[list[float]] = []
    for line in lines:
        words = line.split()
        if not words:
            continue
        if words[0] == ".SEGMENT":
            if digit >= 0 and strokes:
                yield PenDigit(digit, writer, strokes)
            digit, strokes = int(words[-1].strip('"')), []
        elif words[0] == ".COMMENT" and len(words) >= 3 and words[1].isdigit() and words[2].isdigit():
            writer = int(words[2])
        elif words[0] == ".PEN_DOWN":
            is_down, points = True, []
        elif words[0] == ".PEN_UP":
            if is_down and points:
                strokes.append(np.array(points) * [1.0, -1.0])
            is_down = False
        elif is_down and not words[0].startswith("."):
            points.append([float(words[0]), float(words[1])])
    if digit >= 0 and strokes:
        yield PenDigit(digit, writer, strokes)


def split_writers(digits: list[PenDigit]) -> tuple[list[PenDigit], list[PenDigit], list[PenDigit]]:
    """Split digits by writer into training, calibration and test sets: of 30 writers 22, 3 and 5."""
    writers = sorted({digit.writer for digit in digits})
    test = set(writers[len(writers) - len(writers) // 6 :])
    calibration = set(writers[len(writers) - len(writers) // 6 - len(writers) // 10 :]) - test
    training = set(writers) - test - calibration
    by_set = [[digit for digit in digits if digit.writer in chosen] for chosen in (training, calibration, test)]
    return by_set[0], by_set[1], by_set[2]
