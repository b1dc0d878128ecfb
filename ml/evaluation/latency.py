"""Measure the CPU time of a reading, from bytes or strokes to a `Reading`, on one core, alone and in a batch."""

import io
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.artifacts import Artifact, choose
from ml.data.canvas_variants import Canvas, draw_variant
from ml.data.cases.case_lines import draw_text, group_hands, set_line, template_pens
from ml.data.cases.case_page import paint_line, place_line, random_digits
from ml.data.cases.page_effects import as_png
from ml.evaluation.reading import encode_png, line_of
from ml.evaluation.robustness import shrink_canvas
from ml.golden import golden_drawing
from ml.recognition.loading import load_reader
from ml.recognition.runtimes import Network, load_network
from ml.types import CLASSES

PAGES = 64
BATCH = 32
NUMBER_DIGITS, NUMBER_HEIGHT_PX = 5, 100.0


def measure_cpu_time(artifacts: Sequence[Artifact], pages: int = PAGES) -> dict[str, dict[str, float]]:
    """Return the CPU milliseconds for a page, alone and in a batch of 32, with one thread.

    Measured for one digit from strokes, from a PNG of 280 x 280, and from that PNG by the baseline ("PNG, naively");
    and for a PNG of five digits. The baseline runs the digit network in float32, as Keras exports it by default.
    """
    reader, baseline = load_reader(artifacts, threads=1), _load_baseline(artifacts)
    drawings = [golden_drawing(place % CLASSES, place) for place in range(pages)]
    pictures = [_png(drawing) for drawing in drawings]

    def read(batch: list[Any]) -> object:
        return reader.read([line_of(drawing) for drawing in batch])

    inputs: dict[str, tuple[list[Any], Callable[[list[Any]], object]]] = {
        "strokes": (drawings, read),
        "PNG": (pictures, read),
        "PNG of five digits": (_number_pngs(pages), read),
        "PNG, naively": (pictures, lambda batch: _read_baseline(baseline, batch)),
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
    return encode_png(draw_variant(strokes, Canvas(pen_px=drawing["pen_px"]), np.random.default_rng(1)))


def _number_pngs(count: int) -> list[bytes]:
    """Return PNGs of five digits, drawn from our own templates."""
    rng, hands = np.random.default_rng(1), group_hands(template_pens())
    lines = [
        set_line(draw_text(random_digits(rng, NUMBER_DIGITS, NUMBER_DIGITS), hands[place % len(hands)], rng), rng)
        for place in range(count)
    ]
    return [as_png(paint_line(place_line(line, rng, NUMBER_HEIGHT_PX), rng)) for line in lines]


def _load_baseline(artifacts: Sequence[Artifact]) -> Network:
    """Return the digit network in float32."""
    import keras  # takes five seconds, as the next does

    from ml.training.export import export_litert

    artifact = choose(artifacts, ["keras"])
    assert artifact is not None  # noqa: S101 - every version has one
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        path.write_bytes(artifact.data)
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
        export_litert(network, path.with_suffix(".tflite"), is_quantized=False)
        return load_network("litert", path.with_suffix(".tflite").read_bytes(), threads=1)


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
