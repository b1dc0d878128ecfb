"""Measure the CPU time of a reading, from bytes or strokes to a `Reading`, on one core, alone and in a batch."""

import io
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from ml.artifacts import Artifact
from ml.data.canvas_variants import Canvas, draw_variant
from ml.evaluation.robustness import shrink_canvas
from ml.golden import golden_drawing
from ml.preprocessing.images import page_from_image
from ml.preprocessing.strokes import render_strokes
from ml.recognition.loading import load_reader
from ml.recognition.runtimes import Network
from ml.recognition.text_line import find_text_line
from ml.types import CLASSES
from ml.uploads import decode

PAGES = 64
BATCH = 32
LIMITS = {"max_pixels": 16_000_000, "max_side_px": 8_192}


def measure_cpu_time(artifacts: Sequence[Artifact], pages: int = PAGES) -> dict[str, dict[str, float]]:
    """Return the CPU milliseconds for a page of one digit, alone and in a batch of 32, with one thread.

    Measured from strokes, from a PNG of 280 x 280, and from that PNG by the baseline ("PNG, naively").
    """
    reader = load_reader(artifacts, threads=1)
    drawings = [golden_drawing(place % CLASSES, place) for place in range(pages)]
    pictures = [_png(drawing) for drawing in drawings]
    inputs: dict[str, tuple[list[Any], Callable[[list[Any]], Any]]] = {
        "strokes": (
            drawings,
            lambda batch: reader.read([find_text_line(render_strokes(**drawing)) for drawing in batch]),
        ),
        "PNG": (
            pictures,
            lambda batch: reader.read([find_text_line(page_from_image(decode(data, **LIMITS))) for data in batch]),
        ),
        "PNG, naively": (pictures, lambda batch: _read_baseline(reader.network, batch)),
    }
    return {
        name: {"alone_ms": _cpu_ms(read, pages_, 1), "batch_ms": _cpu_ms(read, pages_, BATCH)}
        for name, (pages_, read) in inputs.items()
    }


def _cpu_ms(read: Callable[[list[Any]], Any], pages: list[Any], size: int) -> float:
    """Return the CPU milliseconds a page. The first batch is read once before, to warm up."""
    batches = [pages[start : start + size] for start in range(0, len(pages), size)]
    read(batches[0])
    began = time.process_time()
    for batch in batches:
        read(batch)
    return round((time.process_time() - began) * 1000 / len(pages), 3)


def _png(drawing: dict[str, Any]) -> bytes:
    strokes = [np.array(stroke) for stroke in drawing["strokes"]]
    kept = io.BytesIO()
    draw_variant(strokes, Canvas(pen_px=drawing["pen_px"]), np.random.default_rng(1)).save(kept, "PNG")
    return kept.getvalue()


def _read_baseline(network: Network, pictures: list[bytes]) -> list[int]:
    seen = np.stack([shrink_canvas(Image.open(io.BytesIO(picture))) for picture in pictures])
    return [int(digit) for digit in network.logits(seen)[:, :CLASSES].argmax(axis=1)]


def compare_logits(one: Network, other: Network, images: np.ndarray) -> dict[str, float | int]:
    """Return the largest difference of the networks' logits, and how many images they read differently."""
    first, second = one.logits(images), other.logits(images)
    return {
        "count": len(images),
        "largest_difference": float(np.abs(first - second).max()),
        "answers_that_differ": int((first.argmax(axis=1) != second.argmax(axis=1)).sum()),
    }
