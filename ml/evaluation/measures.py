"""The measures that a release is judged by, drawn from all the figures of a model card, next to their goals."""

from collections.abc import Callable, Iterable
from typing import Any

Figures = dict[str, Any]

COMPOSED = ("separate", "close", "touching")
EXACT_KINDS = ("dates", "times", "fractions", "decimal point", "decimal comma", "minus", "percent")
MOUSE, TILTED = "mouse, 1 to 2 px in 800 x 1050", "tilted 12 to 22 degrees"
NOT_DIGITS = ("no digits", "signs")


def summarize_measures(figures: Figures) -> dict[str, dict[str, str]]:
    """Return each measure whose parts were measured: {"now", "goal"}, both as text."""
    found = {}
    for name, (parts, goal, measure) in MEASURES.items():
        if all(figures.get(part) for part in parts):
            found[name] = {"now": measure(figures), "goal": goal}
    return found


def _share(part: float, whole: float) -> str:
    return f"{part / max(whole, 1):.1%}"


def _total(kinds: Iterable[Figures], name: str) -> int:
    return sum(kind[name] for kind in kinds)


def _cases(figures: Figures) -> str:
    every = list(figures["cases"].values())
    numbers = [kind for kind in every if kind["has_number"]]
    wrong = _share(_total(every, "surely_wrong"), _total(every, "count"))
    return f"{wrong} / {_share(_total(numbers, 'right'), _total(numbers, 'count'))}"


def _sure_numbers(figures: Figures) -> str:
    found = figures["cases"]["plain numbers"], figures["numbers"]["in one go"]["pixels"], figures["canvases"]["plain"]
    return " / ".join(_share(one["right_and_sure"], one["count"]) for one in found)


def _numbers(*kinds: str) -> Callable[[Figures], str]:
    def measure(figures: Figures) -> str:
        found = [figures["numbers"][kind] for kind in kinds]
        return " / ".join(", ".join(f"{kind[form]['exact']:.1%}" for kind in found) for form in ("pixels", "strokes"))

    return measure


def _right(kind: str) -> Callable[[Figures], str]:
    return lambda figures: _share(figures["cases"][kind]["right"], figures["cases"][kind]["count"])


def _exact(figures: Figures) -> str:
    kinds = [figures["cases"][kind] for kind in EXACT_KINDS]
    shares = [kind["exact"] / kind["count"] for kind in kinds]
    wrong = _share(_total(kinds, "surely_wrong"), _total(kinds, "count"))
    return f"{min(shares):.1%} to {max(shares):.1%} / {wrong}"


def _expected(figures: Figures) -> str:
    kinds = [figures["cases"][kind] for kind in EXACT_KINDS]
    shares = [kind["expected"]["exact"] / kind["count"] for kind in kinds]
    wrong = _share(sum(kind["expected"]["surely_wrong"] for kind in kinds), _total(kinds, "count"))
    return f"{min(shares):.1%} to {max(shares):.1%} / {wrong}"


def _canvases(figures: Figures) -> str:
    shares = [found["accuracy"] for name, found in figures["canvases"].items() if name not in NOT_DIGITS]
    return f"{min(shares):.1%} to {max(shares):.1%}"


def _canvas(name: str) -> Callable[[Figures], str]:
    return lambda figures: f"{figures['canvases'][name]['accuracy']:.1%}"


def _called_digits(figures: Figures) -> str:
    sets, canvases = figures["sets"], figures["canvases"]
    nothing = sets["no_digits"]
    digits = [found for name, found in canvases.items() if name not in NOT_DIGITS]
    real = _share(sum(found["verdicts"]["digit"] for found in digits), _total(digits, "count"))
    mnist = _share(sets["mnist_test"]["verdicts"]["digit"], sets["mnist_test"]["count"])
    return f"{_share(nothing['verdicts']['digit'], nothing['count'])}, {real} (MNIST {mnist})"


def _calibration(figures: Figures) -> str:
    trust = [figures["trust"][mix]["reader"]["calibration_error"] for mix in ("digits", "digits, no digits and signs")]
    numbers = figures["numbers"]["all"]["pixels"]["calibration_error"]
    return "; ".join(f"{error:.3f}" for error in (*trust, numbers))


def _cost(figures: Figures) -> str:
    costs, naive = figures["cost"], figures["cost"]["PNG, naively"]
    shown = ("strokes", "PNG", "PNG of five digits")
    return "; ".join(
        " / ".join(f"{costs[name][size] / naive[size]:.1f}" for size in ("alone_ms", "batch_ms")) for name in shown
    )


MEASURES: dict[str, tuple[tuple[str, ...], str, Callable[[Figures], str]]] = {
    "made pages: surely wrong / of those with a number, read": (("cases",), "3% / 85%", _cases),
    "right and verdict digit: plain numbers / numbers in one go / single digits": (
        ("cases", "canvases", "numbers"), "86% / 86% / 97%", _sure_numbers,
    ),
    "numbers in one go, exact: pixels / strokes": (("numbers",), "93%", _numbers("in one go")),
    "10 to 19, 100, 101, 110, 111, 1000 with ones of all styles": (("cases",), "99.5%", _right("bare ones")),
    "composed: separate, close, touching: pixels / strokes": (("numbers",), "98, 98, 93%", _numbers(*COMPOSED)),
    "single digits of held-out writers, strokes": (
        ("sets",), "98.8%", lambda figures: f"{figures['sets'].get('held_out_writers', {}).get('accuracy', 0):.2%}",
    ),
    "numbers with slashed zeros": (("cases",), "98.5%", _right("slashed zeros")),
    "mouse, 1 to 2 px": (("canvases",), "97%", _canvas(MOUSE)),
    "MNIST test as 28 x 28 PNGs": (
        ("sets",), "99.65%", lambda figures: f"{figures['sets']['mnist_test']['accuracy']:.2%}",
    ),
    "all canvas variants": (("canvases",), "97.2 to 99.6%", _canvases),
    "tilted 12 to 22 degrees": (("canvases",), "98.5%", _canvas(TILTED)),
    "dates, times, fractions, decimals, minus, percent: exact / surely wrong": (("cases",), "93% / 1%", _exact),
    "the same with `expects`": (("cases",), "97% / 1%", _expected),
    "called a digit: no digits, real digits": (("sets", "canvases"), "3%, 97%", _called_digits),
    "calibration error: canvases; with as many no digits and signs; numbers": (
        ("trust", "numbers"), "0.01; 0.03; 0.02", _calibration,
    ),
    "CPU over the naive way, alone / in 32: strokes; PNG; five digits": (
        ("cost",), "1.0 / 0.8; 1.7 / 1.3; 3 / 2.5", _cost,
    ),
}  # fmt: skip
