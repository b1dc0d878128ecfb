"""Measure all the figures of a model card."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ml.artifacts import DIGIT_SUFFIXES, Artifact
from ml.data.datasets import PenDigit, load_mnist, load_pen_digits, split_writers
from ml.evaluation.accuracy import evaluate_sets
from ml.evaluation.case_accuracy import evaluate_cases
from ml.evaluation.latency import compare_logits, measure_cpu_time
from ml.evaluation.measures import summarize_measures
from ml.evaluation.number_accuracy import evaluate_numbers
from ml.evaluation.reference import measure_reference
from ml.evaluation.robustness import evaluate_variants, summarize_variants
from ml.evaluation.stress import DRAWINGS, read_stress_drawings, summarize_stress
from ml.evaluation.sweeps import evaluate_sweeps
from ml.recognition.loading import PREFERRED, load_reader
from ml.recognition.reader import Reader
from ml.recognition.runtimes import load_network

VARIANT_COUNT = 500  # drawings on each canvas variant
NUMBER_COUNT = 200  # numbers of each kind
CASE_COUNT = 100  # made pages of each kind
SWEEP_COUNT = 200  # drawings at each value of a sweep
PAGES_SHARE = 8  # `limit` means so many times fewer numbers and made pages: each costs more than a digit


@dataclass(frozen=True)
class Evaluation:
    """What is measured, on which data, and how much of it."""

    artifacts: Sequence[Artifact]
    folder: Path
    limit: int | None = None
    formats: Sequence[str] = PREFERRED

    @cached_property
    def reader(self) -> Reader:
        """Return the reader that is measured, with all cores."""
        return load_reader(self.artifacts, self.formats, threads=os.cpu_count() or 1)

    @cached_property
    def pens(self) -> list[PenDigit]:
        """Return the digits of the held-out writers."""
        return split_writers(load_pen_digits(self.folder))[2]

    @property
    def writers(self) -> list[int] | None:
        """Return the numbers of the writers that were trained on, if the card tells."""
        found: list[int] | None = self.artifacts[0].card.get("training", {}).get("training_writers")
        return found

    def count(self, most: int) -> int:
        """Return how many drawings of a set of `most` are read."""
        return min(self.limit or most, most)

    def page_count(self, most: int) -> int:
        """Return how many numbers or made pages of a set of `most` are read."""
        return min(-(-self.limit // PAGES_SHARE) if self.limit else most, most)


Part = Callable[[Evaluation], dict[str, Any]]

PARTS: dict[str, Part] = {
    "sets": lambda given: {"sets": evaluate_sets(given.reader, given.folder, given.limit)},
    "canvases": lambda given: summarize_variants(
        evaluate_variants(given.reader, given.pens, given.count(VARIANT_COUNT))
    ),
    "numbers": lambda given: {"numbers": evaluate_numbers(given.reader, given.pens, given.page_count(NUMBER_COUNT))},
    "cases": lambda given: {"cases": evaluate_cases(given.reader, given.pens, given.page_count(CASE_COUNT))},
    "sweeps": lambda given: {"sweeps": evaluate_sweeps(given.reader, given.pens, given.count(SWEEP_COUNT))},
    "stress": lambda given: {"wild": summarize_stress(read_stress_drawings(given.reader, given.limit or DRAWINGS))},
    "reference": lambda given: {"reference": measure_reference(given.reader, given.folder, given.writers, given.limit)},
    "cost": lambda given: {"cost": measure_cpu_time(given.artifacts)},
}
OF_WRITERS = ("canvases", "numbers", "cases", "sweeps", "reference")  # parts that need pen-written digits


def evaluate_model(
    artifacts: Sequence[Artifact],
    folder: Path,
    limit: int | None = None,
    parts: Sequence[str] = tuple(PARTS),
    formats: Sequence[str] = PREFERRED,
) -> dict[str, Any]:
    """Return the figures of a model card: accuracy on every set, robustness, made pages, calibration and CPU time.

    Every figure is of drawings that went through `ml.evaluation.reading`, as the service reads them. Cost: eight
    CPU-minutes.

    Args:
        artifacts: of one version.
        folder: the data.
        limit: use at most `limit` drawings of each set, for a quick trial.
        parts: which of PARTS to measure.
        formats: which to read with, preferred ones first; the CPU time is that of LiteRT.
    """
    given = Evaluation(artifacts, folder, limit, formats)
    figures: dict[str, Any] = {}
    for part in parts:
        if given.pens or part not in OF_WRITERS:
            figures |= PARTS[part](given)
    return figures | {"measures": summarize_measures(figures)}


def evaluate_runtimes(artifacts: dict[str, Artifact], folder: Path, limit: int | None = None) -> dict[str, float | int]:
    """Return how much the logits of LiteRT and TensorFlow differ on MNIST's test set."""
    images, _ = load_mnist("test", folder)
    networks = [load_network(name, artifacts[name].data, threads=os.cpu_count() or 1) for name in DIGIT_SUFFIXES]
    return compare_logits(networks[0], networks[1], images[:limit])
