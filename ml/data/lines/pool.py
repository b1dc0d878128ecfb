"""Compose lines ahead of training, in several processes, and read them back in batches of equal width."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.data.datasets import MNIST_HELD_OUT, load_mnist, load_pen_digits, split_writers
from ml.data.lines.composition import Sources, compose_line, gather_sources
from ml.data.lines.drawing import LineTooWide
from ml.preprocessing.ink import BlankDrawing, Page
from ml.recognition.line_image import FIELD_PX
from ml.recognition.line_recognizer import ALPHABET, BLANK
from ml.recognition.text_line import find_text_line

CHUNK = 4000  # lines in a file
WIDTHS_PX = (64, 128, 256, 512)  # a batch's images all have one of these widths
BATCH_WIDTH_PX = 128  # a batch holds as many lines of this width as asked for, and fewer of wider ones
MAX_LABELS = 20
HELD_OUT_SEED = 99
CODES = {symbol: code for code, symbol in enumerate(ALPHABET, start=1)}

Line = tuple[NDArray[np.uint8], str]  # (FIELD_PX, w) and what it says


def load_sources(data: Path, *, held_out: bool = False) -> Sources:
    """Return the digits to train on; those of the calibration writers and of the held-out images if `held_out`."""
    images, labels = load_mnist("train", data)
    training, calibration, _ = split_writers(load_pen_digits(data))
    kept = len(images) - MNIST_HELD_OUT
    part = slice(kept, None) if held_out else slice(0, kept)
    return gather_sources(calibration if held_out else training, images[part], labels[part])


def compose_lines(sources: Sources, count: int, rng: np.random.Generator) -> Iterator[Line]:
    """Yield `count` lines as the line recognizer sees them."""
    while count:
        with contextlib.suppress(BlankDrawing, LineTooWide):
            ink, text = compose_line(sources, rng)
            line = find_text_line(Page(ink, 1.0, (0.0, 0.0), (ink.shape[1], ink.shape[0])))
            pixels = np.round(line.image.pixels * 255).astype(np.uint8)
            if pixels.shape[1] <= WIDTHS_PX[-1] and len(text) <= MAX_LABELS and not line.others:
                yield pixels, text
                count -= 1


def compose_held_out_lines(data: Path, count: int = 2000) -> list[Line]:
    """Return lines of the calibration writers and of images that no network is trained on."""
    return list(compose_lines(load_sources(data, held_out=True), count, np.random.default_rng(HELD_OUT_SEED)))


def write_chunks(data: Path, folder: Path, chunks: int, *, seed: int, processes: int) -> None:
    """Write `chunks` files of composed lines to `folder`; those that are there already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes, get_context("spawn"), _load, (data,)) as pool:
        list(pool.map(_write_chunk, [folder / f"lines-{place:05}.npz" for place in range(chunks)], [seed] * chunks))


_sources: Sources | None = None  # of this process


def _load(data: Path) -> None:
    global _sources
    _sources = load_sources(data)


def _write_chunk(path: Path, seed: int) -> None:
    assert _sources is not None  # noqa: S101 - the pool's processes load it first
    if not path.exists():
        rng = np.random.default_rng((seed, int(path.stem.split("-")[1])))
        _save(list(compose_lines(_sources, CHUNK, rng)), path)


def _save(lines: list[Line], path: Path) -> None:
    unfinished = path.with_suffix(".unfinished.npz")
    widths = np.array([pixels.shape[1] for pixels, _ in lines])
    pixels = np.concatenate([pixels.reshape(-1) for pixels, _ in lines])
    np.savez(unfinished, pixels=pixels, widths=widths, texts=np.array([text for _, text in lines]))
    unfinished.rename(path)


def read_chunk(path: Path) -> list[Line]:
    """Return the lines of a file that `write_chunks` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        pixels, widths, texts = arrays["pixels"], arrays["widths"], arrays["texts"]
    ends = np.cumsum(widths * FIELD_PX)
    return [
        (pixels[end - FIELD_PX * width : end].reshape(FIELD_PX, width), str(text))
        for end, width, text in zip(ends.tolist(), widths.tolist(), texts, strict=True)
    ]


class LinePool:
    """Lines in memory, by width; files that are added to the folder are read when they appear."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self._rng = np.random.default_rng(seed)
        self._read: set[Path] = set()
        self._buckets = [_Bucket(width) for width in WIDTHS_PX]

    def __len__(self) -> int:
        return sum(bucket.count for bucket in self._buckets)

    def refresh(self) -> None:
        """Read the files that are new."""
        for path in sorted(set(self.folder.glob("lines-?????.npz")) - self._read):
            self._read.add(path)
            for pixels, text in read_chunk(path):
                self._buckets[int(np.searchsorted(WIDTHS_PX, pixels.shape[1]))].add(pixels, text, self._rng)

    def draw_bucket(self, rng: np.random.Generator) -> int:
        """Return the index of a random width, so that all lines are drawn equally often."""
        area = np.array([bucket.count * bucket.width for bucket in self._buckets])
        return int(rng.choice(len(area), p=area / area.sum()))

    def batch(self, bucket: int, size: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Return random lines of one width, (n, FIELD_PX, width) uint8, and their codes, (n, MAX_LABELS).

        Wider lines come in smaller batches, so that each costs the same: n is `size` for BATCH_WIDTH_PX.
        """
        own = self._buckets[bucket]
        chosen = rng.integers(own.count, size=size * BATCH_WIDTH_PX // own.width)
        return own.pixels[chosen], own.codes[chosen]


class _Bucket:
    """Lines padded to one width, at random places; room for more is doubled when needed."""

    def __init__(self, width: int) -> None:
        self.width, self.count = width, 0
        self.pixels = np.zeros((CHUNK, FIELD_PX, width), dtype=np.uint8)
        self.codes = np.full((CHUNK, MAX_LABELS), BLANK, dtype=np.int32)

    def add(self, pixels: NDArray[np.uint8], text: str, rng: np.random.Generator) -> None:
        if self.count == len(self.pixels):
            self.pixels = np.concatenate([self.pixels, np.zeros_like(self.pixels)])
            self.codes = np.concatenate([self.codes, np.full_like(self.codes, BLANK)])
        left = int(rng.integers(self.width - pixels.shape[1] + 1))
        placed = np.roll(pixels, int(rng.integers(-1, 2)), axis=0)
        self.pixels[self.count, :, left : left + pixels.shape[1]] = placed
        self.codes[self.count, : len(text)] = [CODES[symbol] for symbol in text]
        self.count += 1
