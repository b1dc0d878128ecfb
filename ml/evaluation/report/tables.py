"""Print the figures of a model card as tables."""

from collections.abc import Callable
from typing import Any


def print_figures(figures: dict[str, Any]) -> None:
    """Print all figures, those that were not measured left out; the measures last."""
    for name, print_part in TABLES.items():
        if figures.get(name):
            print_part(figures[name])


def _print_sets(sets: dict[str, Any]) -> None:
    """Print a line for each set, and below it the accuracy of each digit."""
    print(f"{'set':26}{'count':>7}{'correct':>9}")
    for name, found in sets.items():
        accuracy = f"{found['accuracy']:.2%}" if "accuracy" in found else ""
        agreement = found.get("agreement_with_strokes")
        note = f"  same reading from strokes {agreement:.1%}" if agreement is not None else ""
        print(f"{name:26}{found['count']:7}{accuracy:>9}  {_verdicts(found)}{note}")
        if "confusion" in found:
            print(" " * 26 + "  ".join(f"{digit} {share}" for digit, share in enumerate(_by_class(found))))


def _by_class(found: dict[str, Any]) -> list[str]:
    """Return the accuracy of each digit."""
    counts = [sum(row) + other for row, other in zip(found["confusion"], found["not_one_digit"], strict=True)]
    return [f"{found['confusion'][digit][digit] / count:.1%}" if count else "-" for digit, count in enumerate(counts)]


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


def _print_cases(cases: dict[str, dict[str, Any]]) -> None:
    columns = ("right", "honest", "surely_wrong", "refused", "exact", "right_and_sure")
    print(
        f"\n{'made pages of each kind':36}{'count':>6}" + "".join(f"{name.replace('_', ' '):>15}" for name in columns)
    )
    for kind, found in cases.items():
        counts = "".join(f"{found.get(name, '-'):>15}" for name in columns)
        told = f"   {found['expected']['exact']} exact with `expects`" if "expected" in found else ""
        print(f"{kind:36}{found['count']:6}{counts}{told}")


def _print_cost(costs: dict[str, dict[str, float]]) -> None:
    print(f"\n{'CPU ms a page':32}{'alone':>8}{'in 32':>8}")
    for name, cost in costs.items():
        print(f"{name:32}{cost['alone_ms']:8.2f}{cost['batch_ms']:8.2f}")


def _print_runtimes(found: dict[str, Any]) -> None:
    print(
        f"\nLiteRT and TensorFlow on {found['count']:,} drawings: logits differ by at most "
        f"{found['largest_difference']:.1e}, {found['answers_that_differ']} readings differ"
    )


def _print_measures(measures: dict[str, dict[str, str]]) -> None:
    print(f"\n{'measure':78}{'now':>56}  goal")
    for name, found in measures.items():
        print(f"{name:78}{found['now']:>56}  {found['goal']}")


TABLES: dict[str, Callable[[dict[str, Any]], None]] = {
    "sets": _print_sets,
    "canvases": _print_canvases,
    "numbers": _print_numbers,
    "trust": _print_trust,
    "sweeps": _print_sweeps,
    "cases": _print_cases,
    "cost": _print_cost,
    "runtimes": _print_runtimes,
    "measures": _print_measures,
}
