"""How ink and answers are distributed in the training data, for the model card: later readings are compared with it."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ml.artifacts import load_artifacts
from ml.data.datasets import MNIST_HELD_OUT, PenDigit, load_mnist, load_pen_digits, split_writers
from ml.evaluation.accuracy import send_images, send_strokes
from ml.evaluation.reading import read_drawings
from ml.recognition.ink_measures import measure_ink
from ml.recognition.loading import load_reader
from ml.recognition.reader import Reader
from ml.types import INK_EDGES, PIPELINE_VERSION, Reading

DRAWINGS = 3_000  # of MNIST, and as many of the training writers


def measure_reference(
    reader: Reader, folder: Path, training_writers: Sequence[int] | None = None, limit: int | None = None
) -> dict[str, Any]:
    """Return the distributions of drawings that were trained on, read as a worker does. Cost: half a CPU-minute.

    Half of them are MNIST's, half are pen strokes, evenly from the whole of both, without augmentation.

    Args:
        reader: the reader.
        folder: the data.
        training_writers: the numbers of those whose strokes were trained on; None for those of `split_writers`.
        limit: use only so many drawings of each, for a quick trial.
    """
    images, _ = load_mnist("train", folder)
    pens = load_pen_digits(folder)
    known = {pen.writer for pen in split_writers(pens)[0]} if training_writers is None else set(training_writers)
    strokes: list[PenDigit] = _spread([pen for pen in pens if pen.writer in known], limit or DRAWINGS)
    drawings = [*send_images(_spread(images[:-MNIST_HELD_OUT], limit or DRAWINGS)), *send_strokes(strokes)]
    return count_readings(reading for reading in read_drawings(reader, drawings) if reading)


def _spread(rows: Any, count: int) -> Any:
    """Return about `count` of the rows, evenly from all."""
    return rows[:: max(1, len(rows) // count)][:count]


def count_readings(readings: Iterable[Reading]) -> dict[str, Any]:
    """Return histograms of ink and answers: `edges`, where there are any, and `counts` by bin.

    Not of the confidence: of what it was trained on, a model is surer than of anything else.
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in (*INK_EDGES, "verdict", "digit")}
    total = 0
    for reading in readings:
        total += 1
        for measure, values in measure_ink(digit.input for digit in reading.digits).items():
            counts[measure].update(str(bisect_right(INK_EDGES[measure], value)) for value in values)
        counts["verdict"][reading.verdict.value] += 1
        counts["digit"].update(character for character in reading.text if character.isdigit())
    return {"drawings": total, "preprocessing": PIPELINE_VERSION} | {
        name: ({"edges": list(INK_EDGES[name])} if name in INK_EDGES else {}) | {"counts": dict(sorted(found.items()))}
        for name, found in counts.items()
    }


def add_reference(card_path: Path, folder: Path, limit: int | None = None) -> None:
    """Write the distributions of the training data into a card; they change nothing that is read.

    Raises:
        BrokenArtifact: if the version of the card is not complete.
    """
    artifacts = load_artifacts(card_path)
    card = artifacts[0].card
    writers = card.get("training", {}).get("training_writers")
    card["reference"] = measure_reference(load_reader(artifacts), folder, writers, limit)
    card_path.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
