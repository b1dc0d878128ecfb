"""Draw the README's figures from the shipped network's card and from readings made now; no picture is of a data set.

python -m docs.figures --data FOLDER
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from docs.figure_drawings import draw_pipeline, draw_samples
from docs.figure_style import ACCENT, INK_SOFT, LINE, PROBLEM, RAMP, SHEET, STYLE
from ml.artifacts import shipped
from ml.datasets import load_pen_digits, split_writers
from ml.digits import CLASSES
from ml.reader import Reader
from ml.runtime import load_network
from ml.scores import calibration_error, reliability
from ml.trials import Trial, pooled, try_variants

FOLDER = Path(__file__).parent / "figures"
FEWEST_IN_BIN = 8
SETS = {"mnist_test": "MNIST's test set", "held_out_writers": "Writers never seen"}


def main() -> None:
    """Draw all figures, or those named."""
    parser = argparse.ArgumentParser(prog="python -m docs.figures", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of pen strokes, for the reliability diagram")
    parser.add_argument("--count", type=int, default=200, help="drawings of each kind of canvas in that diagram")
    parser.add_argument("--curves-of", type=Path, help="another card, where the shipped one has no history")
    parser.add_argument("--only", nargs="+", choices=("curves", "confusion", "samples", "pipeline", "reliability"))
    options = parser.parse_args()
    newest = max((artifact for artifact in shipped() if artifact.format == "litert"), key=lambda found: found.name)
    reader = Reader(load_network("litert", newest.data, threads=os.cpu_count() or 1), newest.card)
    figures = {
        "curves": lambda: draw_curves(json.loads(options.curves_of.read_text()) if options.curves_of else newest.card),
        "confusion": lambda: draw_confusion(newest.card),
        "samples": lambda: draw_samples(reader),
        "pipeline": lambda: draw_pipeline(reader),
        "reliability": lambda: draw_reliability(reader, options.data, options.count),
    }
    mpl.use("Agg")
    mpl.rcParams.update(STYLE)
    FOLDER.mkdir(exist_ok=True)
    for name in options.only or figures:
        figure = figures[name]()
        if figure is not None:
            save(figure, FOLDER / f"{name}.png")


def save(figure: Figure, path: Path) -> None:
    """Write the figure as a small PNG and say so."""
    figure.savefig(path, dpi=110)
    plt.close(figure)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")  # noqa: T201 - a command that says what it wrote


def draw_curves(card: dict[str, Any]) -> Figure | None:
    """Show loss and accuracy of every epoch; None, said aloud, for a network whose card has no history."""
    history = card["training"].get("history")
    if history is None:
        print(f"{card['name']}'s card has no history: no curves.")  # noqa: T201
        return None
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    epochs = np.arange(1, len(history["loss"]) + 1)
    for axis, name, title in zip(axes, ("loss", "accuracy"), ("Loss", "Accuracy"), strict=True):
        axis.plot(epochs, history[name], color=INK_SOFT, linestyle="--", label="training, every drawing varied")
        axis.plot(epochs, history[f"val_{name}"], color=ACCENT, marker="o", label="validation, as it was drawn")
        axis.set(title=f"{card['name']}: {title.lower()} after each epoch", xlabel="epoch", xticks=epochs)
    axes[0].set_ylim(bottom=0)
    axes[1].yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axes[0].legend()
    return figure


def draw_confusion(card: dict[str, Any]) -> Figure:
    """Show what was read for what was written, on the sets that count most."""
    figure, axes = plt.subplots(1, len(SETS), figsize=(9, 4.7), layout="constrained")
    for axis, (name, title) in zip(axes, SETS.items(), strict=True):
        found = card["sets"][name]
        confusion = np.array(found["confusion"])
        axis.imshow(np.log1p(confusion), cmap=RAMP)
        for row, column in np.argwhere(confusion):
            is_right = row == column
            axis.text(
                column,
                row,
                confusion[row, column],
                ha="center",
                va="center",
                fontsize=7.5,
                color=SHEET if is_right else PROBLEM,
                fontweight="normal" if is_right else "bold",
            )
        axis.set(title=f"{title}: {found['accuracy']:.2%} of {found['count']:,}", xlabel="read", ylabel="written")
        axis.set(xticks=range(CLASSES), yticks=range(CLASSES))
        axis.grid(visible=False)
    return figure


def draw_reliability(reader: Reader, data: Path, count: int) -> Figure:
    """Show how often readings of a confidence are right, beside the naive way on the same pictures."""
    _, _, scored = split_writers(load_pen_digits(data))
    trials = try_variants(reader.network, reader.calibration, scored, count)
    digits = [trial for name, trial in trials.items() if name != "no digits"]
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.3), layout="constrained", sharey=True)
    _draw_bins(axes[0], digits, "Digits on 15 kinds of canvas")
    _draw_bins(axes[1], [*digits, trials["no digits"]], "The same, with as many that are no digit")
    axes[0].set_ylabel("of these, read right")
    return figure


def _draw_bins(axis: Axes, trials: list[Trial], title: str) -> None:
    """Draw a dot for each bin that holds enough drawings to say something, as large as their share."""
    axis.plot([0, 1], [0, 1], color=LINE, zorder=0)
    for prefix, label, colour in (("naive_", "the naive way", PROBLEM), ("", "Inkling", ACCENT)):
        confidence, right = pooled(trials, f"{prefix}confidence"), pooled(trials, f"{prefix}right")
        found = reliability(confidence, right)
        enough = found.count >= FEWEST_IN_BIN
        share = found.count[enough] / found.count.sum()
        said = f"{label}: off by {calibration_error(confidence, right):.3f} on average"
        axis.plot(found.confidence[enough], found.right[enough], color=colour, alpha=0.6, label=said)
        axis.scatter(found.confidence[enough], found.right[enough], s=14 + 320 * share, color=colour)
    axis.set(
        title=title,
        xlabel="confidence",
        xlim=(-0.06, 1.06),
        ylim=(-0.06, 1.22),
        yticks=np.linspace(0, 1, 6),
        aspect="equal",
    )
    axis.legend(loc="upper left")


if __name__ == "__main__":
    main()
