"""Everything that is weighed of a network, in one dictionary for its card, and as lines for a person."""

import os
from pathlib import Path
from typing import Any

from ml.artifacts import Artifact
from ml.data.datasets import load_mnist, load_pen_digits, split_writers
from ml.evaluation.accuracy import weigh_all
from ml.evaluation.latency import compare_runtimes, measure_cost
from ml.evaluation.number_accuracy import weigh_numbers
from ml.evaluation.robustness import sum_up, try_variants
from ml.evaluation.stress import TRIED, read_wild_drawings, sum_up_wild
from ml.evaluation.sweeps import try_sweeps
from ml.recognition.reader import Calibration, Reader
from ml.recognition.runtimes import load_network

CANVASES = 500  # drawings of each kind
NUMBERS = 200  # of each kind
SWEPT = 200  # drawings at each place of a sweep


def weigh_fully(artifact: Artifact, folder: Path, limit: int | None = None) -> dict[str, Any]:
    """Return the figures of all sets, canvases and costs. limit: of each, for a quick try. Cost: four CPU-minutes."""
    network = load_network(artifact.format, artifact.data, threads=os.cpu_count() or 1)
    calibration = Calibration(**artifact.card["calibration"])
    figures: dict[str, Any] = {"sets": weigh_all(network, calibration, folder, limit)}
    _, _, scored = split_writers(load_pen_digits(folder))
    if scored:
        figures |= sum_up(try_variants(network, calibration, scored, min(limit or CANVASES, CANVASES)))
        figures["numbers"] = weigh_numbers(
            Reader(network, artifact.card), scored, min(-(-limit // 8) if limit else NUMBERS, NUMBERS)
        )
        figures["sweeps"] = try_sweeps(network, calibration, scored, min(limit or SWEPT, SWEPT))
    figures["wild"] = sum_up_wild(read_wild_drawings(Reader(network, artifact.card), limit or TRIED))
    figures["cost"] = measure_cost(artifact)
    return figures


def weigh_runtimes(artifacts: dict[str, Artifact], folder: Path, limit: int | None = None) -> dict[str, float | int]:
    """Return how far LiteRT and TensorFlow are apart on MNIST's test set."""
    images, _ = load_mnist("test", folder)
    networks = [load_network(name, artifact.data, threads=os.cpu_count() or 1) for name, artifact in artifacts.items()]
    return compare_runtimes(networks[0], networks[1], images[:limit])


def show(figures: dict[str, Any]) -> None:
    """Print all figures, a line each."""
    show_sets(figures["sets"])
    if "canvases" in figures:
        _show_canvases(figures["canvases"])
        _show_numbers(figures["numbers"])
        _show_trust(figures["trust"])
        _show_sweeps(figures["sweeps"])
    if "cost" in figures:
        print(f"\n{'CPU ms a page':32}{'alone':>8}{'in 32':>8}")
        for name, cost in figures["cost"].items():
            print(f"{name:32}{cost['alone_ms']:8.2f}{cost['batch_ms']:8.2f}")
    if "runtimes" in figures:
        apart = figures["runtimes"]
        print(
            f"\nLiteRT and TensorFlow on {apart['count']:,} drawings: logits at most {apart['largest_difference']:.1e} "
            f"apart, {apart['answers_that_differ']} answers differ"
        )


def show_sets(sets: dict[str, Any]) -> None:
    """Print a line for each set, and below it the accuracy of each class."""
    print(f"{'set':26}{'count':>7}{'right':>9}")
    for name, found in sets.items():
        accuracy = f"{found['accuracy']:.2%}" if "accuracy" in found else ""
        agreement = found.get("agreement_with_strokes")
        alike = f"  read alike as strokes {agreement:.1%}" if agreement is not None else ""
        print(f"{name:26}{found['count']:7}{accuracy:>9}  {_verdicts(found)}{alike}")
        if "confusion" in found:
            print(" " * 26 + "  ".join(f"{digit} {share}" for digit, share in enumerate(_by_class(found["confusion"]))))


def _by_class(confusion: list[list[int]]) -> list[str]:
    return [f"{row[digit] / sum(row):.1%}" if sum(row) else "-" for digit, row in enumerate(confusion)]


def _verdicts(found: dict[str, Any]) -> str:
    return ", ".join(f"{verdict} {count}" for verdict, count in found["verdicts"].items())


def _show_canvases(canvases: dict[str, Any]) -> None:
    print(f"\n{'held-out writers on a canvas':32}{'count':>7}{'right':>9}{'naively':>9}")
    for name, found in canvases.items():
        shares = "".join(f"{found[key]:9.1%}" if key in found else " " * 9 for key in ("accuracy", "naive_accuracy"))
        print(f"{name:32}{found['count']:7}{shares}  {_verdicts(found)}")


def _show_numbers(numbers: dict[str, dict[str, Any]]) -> None:
    print(f"\n{'numbers, exactly read':32}{'count':>7}{'pixels':>9}{'strokes':>9}{'ECE':>8}")
    for kind, found in numbers.items():
        shares = "".join(f"{found[way]['exact']:9.1%}" for way in ("pixels", "strokes"))
        error, verdicts = found["pixels"]["calibration_error"], _verdicts(found["pixels"])
        print(f"{kind:32}{found['count']:7}{shares}{error:8.3f}  {verdicts}")


def _show_trust(mixes: dict[str, Any]) -> None:
    print(f"\n{'can confidence be believed?':32}{'ECE':>8}{'AUROC':>8}{'Brier':>8}{'constant':>10}")
    for name, ways in mixes.items():
        for way, found in ways.items():
            area = "-" if found["auroc"] is None else f"{found['auroc']:.3f}"
            measures = (
                f"{found['calibration_error']:8.3f}{area:>8}{found['brier']:8.3f}{found['brier_of_constant']:10.3f}"
            )
            print(f"{name + ', ' + way:32}{measures}")


def _show_sweeps(sweeps: dict[str, Any]) -> None:
    for name, sweep in sweeps.items():
        print(f"\n{name + ', ' + sweep['unit']:24}" + "".join(f"{value:>8g}" for value in sweep["values"]))
        for key, label in (("accuracy", "right"), ("naive_accuracy", "naively")):
            print(f"{label:24}" + "".join(f"{share:8.1%}" for share in sweep[key]))
