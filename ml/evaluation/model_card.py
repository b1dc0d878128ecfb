"""Measure all the figures of a model card, and print them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.artifacts import DIGIT_SUFFIXES, Artifact
from ml.data.datasets import load_mnist, load_pen_digits, split_writers
from ml.evaluation.accuracy import evaluate_sets
from ml.evaluation.latency import compare_logits, measure_cpu_time
from ml.evaluation.number_accuracy import evaluate_numbers
from ml.evaluation.robustness import evaluate_variants, summarize_variants
from ml.evaluation.stress import DRAWINGS, read_stress_drawings, summarize_stress
from ml.evaluation.sweeps import evaluate_sweeps
from ml.recognition.loading import PREFERRED, load_reader
from ml.recognition.runtimes import load_network

VARIANT_COUNT = 500  # drawings on each canvas variant
NUMBER_COUNT = 200  # numbers of each kind
SWEEP_COUNT = 200  # drawings at each value of a sweep


def evaluate_model(
    artifacts: Sequence[Artifact], folder: Path, limit: int | None = None, formats: Sequence[str] = PREFERRED
) -> dict[str, Any]:
    """Return the figures of a model card: accuracy on every set, robustness, calibration and CPU time.

    Cost: four CPU-minutes.

    Args:
        artifacts: of one version.
        folder: the data.
        limit: use at most `limit` drawings of each set, for a quick trial.
        formats: which to read with, preferred ones first; the CPU time is that of LiteRT.
    """
    reader = load_reader(artifacts, formats, threads=os.cpu_count() or 1)
    figures: dict[str, Any] = {"sets": evaluate_sets(reader.network, reader.calibration, folder, limit)}
    _, _, test_pens = split_writers(load_pen_digits(folder))
    if test_pens:
        figures |= summarize_variants(evaluate_variants(reader, test_pens, min(limit or VARIANT_COUNT, VARIANT_COUNT)))
        figures["numbers"] = evaluate_numbers(
            reader, test_pens, min(-(-limit // 8) if limit else NUMBER_COUNT, NUMBER_COUNT)
        )
        figures["sweeps"] = evaluate_sweeps(reader, test_pens, min(limit or SWEEP_COUNT, SWEEP_COUNT))
    figures["wild"] = summarize_stress(read_stress_drawings(reader, limit or DRAWINGS))
    figures["cost"] = measure_cpu_time(artifacts)
    return figures


def evaluate_runtimes(artifacts: dict[str, Artifact], folder: Path, limit: int | None = None) -> dict[str, float | int]:
    """Return how much the logits of LiteRT and TensorFlow differ on MNIST's test set."""
    images, _ = load_mnist("test", folder)
    networks = [load_network(name, artifacts[name].data, threads=os.cpu_count() or 1) for name in DIGIT_SUFFIXES]
    return compare_logits(networks[0], networks[1], images[:limit])


def print_figures(figures: dict[str, Any]) -> None:
    """Print all figures as tables."""
    print_sets(figures["sets"])
    if "canvases" in figures:
        _print_canvases(figures["canvases"])
        _print_numbers(figures["numbers"])
        _print_trust(figures["trust"])
        _print_sweeps(figures["sweeps"])
    if "cost" in figures:
        print(f"\n{'CPU ms a page':32}{'alone':>8}{'in 32':>8}")
        for name, cost in figures["cost"].items():
            print(f"{name:32}{cost['alone_ms']:8.2f}{cost['batch_ms']:8.2f}")
    if "runtimes" in figures:
        found = figures["runtimes"]
        print(
            f"\nLiteRT and TensorFlow on {found['count']:,} drawings: logits differ by at most "
            f"{found['largest_difference']:.1e}, {found['answers_that_differ']} readings differ"
        )


def print_sets(sets: dict[str, Any]) -> None:
    """Print a line for each set, and below it the accuracy of each digit."""
    print(f"{'set':26}{'count':>7}{'correct':>9}")
    for name, found in sets.items():
        accuracy = f"{found['accuracy']:.2%}" if "accuracy" in found else ""
        agreement = found.get("agreement_with_strokes")
        note = f"  same reading from strokes {agreement:.1%}" if agreement is not None else ""
        print(f"{name:26}{found['count']:7}{accuracy:>9}  {_verdicts(found)}{note}")
        if "confusion" in found:
            print(" " * 26 + "  ".join(f"{digit} {share}" for digit, share in enumerate(_by_class(found["confusion"]))))


def _by_class(confusion: list[list[int]]) -> list[str]:
    return [f"{row[digit] / sum(row):.1%}" if sum(row) else "-" for digit, row in enumerate(confusion)]


def _verdicts(found: dict[str, Any]) -> str:
    return ", ".join(f"{verdict} {count}" for verdict, count in found["verdicts"].items())


def _print_canvases(canvases: dict[str, Any]) -> None:
    print(f"\n{'held-out writers on a canvas':32}{'count':>7}{'correct':>9}{'baseline':>9}")
    for name, found in canvases.items():
        shares = "".join(f"{found[key]:9.1%}" if key in found else " " * 9 for key in ("accuracy", "naive_accuracy"))
        print(f"{name:32}{found['count']:7}{shares}  {_verdicts(found)}")


def _print_numbers(numbers: dict[str, dict[str, Any]]) -> None:
    print(f"\n{'numbers read exactly':32}{'count':>7}{'pixels':>9}{'strokes':>9}{'ECE':>8}")
    for kind, found in numbers.items():
        shares = "".join(f"{found[form]['exact']:9.1%}" for form in ("pixels", "strokes"))
        error, verdicts = found["pixels"]["calibration_error"], _verdicts(found["pixels"])
        print(f"{kind:32}{found['count']:7}{shares}{error:8.3f}  {verdicts}")


def _print_trust(mixes: dict[str, Any]) -> None:
    print(f"\n{'confidence':32}{'ECE':>8}{'AUROC':>8}{'Brier':>8}{'constant':>10}")
    for name, methods in mixes.items():
        for method, found in methods.items():
            area = "-" if found["auroc"] is None else f"{found['auroc']:.3f}"
            measures = (
                f"{found['calibration_error']:8.3f}{area:>8}{found['brier']:8.3f}{found['brier_of_constant']:10.3f}"
            )
            print(f"{name + ', ' + method:32}{measures}")


def _print_sweeps(sweeps: dict[str, Any]) -> None:
    for name, sweep in sweeps.items():
        print(f"\n{name + ', ' + sweep['unit']:24}" + "".join(f"{value:>8g}" for value in sweep["values"]))
        for key, label in (("accuracy", "correct"), ("naive_accuracy", "baseline")):
            print(f"{label:24}" + "".join(f"{share:8.1%}" for share in sweep[key]))
