"""Draw the figures of a network with Matplotlib, from the dictionary that `evaluate_model` returns."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ml.evaluation.report.figure_style import ACCENT, BACKGROUND, INK_RAMP, INK_SOFT, LINE, PROBLEM, RAMP, STYLE
from ml.evaluation.report.worst_errors import SHOWN, WorstError
from ml.types import CLASSES

MIN_BIN_COUNT = 8
SETS = {"mnist_test": "MNIST test set", "held_out_writers": "Held-out writers"}
MIXES = {
    "digits": "Digits on all canvas variants",
    "digits and no digits": "The same and as many non-digits",  # of older cards
    "digits, no digits and signs": "The same and as many non-digits and signs",
}


def prepare() -> None:
    """Set the style, and a backend that needs no display."""
    mpl.use("Agg")
    plt.rcParams.update(STYLE)


def save(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG of 128 colours, and print its size."""
    figure.savefig(path, dpi=110)
    plt.close(figure)
    with Image.open(path) as picture:
        quantized = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    quantized.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def draw_all(figures: dict[str, Any], worst_errors: dict[str, list[WorstError]], folder: Path) -> None:
    """Write the confusion matrices, reliability diagrams, sweeps and worst errors into `folder`."""
    prepare()
    save(draw_confusion(figures["sets"]), folder / "confusion.png")
    if "trust" in figures:
        save(draw_reliability(figures["trust"]), folder / "reliability.png")
        save(draw_sweeps(figures["sweeps"]), folder / "sweeps.png")
    save(draw_worst_errors(worst_errors), folder / "worst_errors.png")


def draw_training_curves(card: dict[str, Any]) -> Figure:
    """Plot loss and accuracy by epoch."""
    history = card["training"]["history"]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    epochs = np.arange(1, len(history["loss"]) + 1)
    every = card["training"].get("validate_every", 1)
    validated = epochs[every - 1 :: every] if len(history["val_loss"]) < len(epochs) else epochs
    for axis, name, title in zip(axes, ("loss", "accuracy"), ("Loss", "Accuracy"), strict=True):
        axis.plot(epochs, history[name], color=INK_SOFT, linestyle="--", label="training, augmented")
        axis.plot(validated, history[f"val_{name}"], color=ACCENT, marker="o", label="validation, not augmented")
        axis.set(
            title=f"{card['name']}: {title.lower()} by epoch",
            xlabel="epoch",
            xticks=epochs[:: max(2, len(epochs) // 8)],
        )
    axes[0].set_ylim(bottom=0)
    axes[1].yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axes[0].legend()
    return figure


def draw_confusion(sets: dict[str, Any]) -> Figure:
    """Plot the confusion matrices of MNIST's test set and of held-out writers."""
    shown = {name: title for name, title in SETS.items() if name in sets}
    figure, grid = plt.subplots(1, len(shown), figsize=(4.5 * len(shown), 4.7), layout="constrained", squeeze=False)
    for axis, (name, title) in zip(grid[0], shown.items(), strict=True):
        found = sets[name]
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
                color=BACKGROUND if is_right else PROBLEM,
                fontweight="normal" if is_right else "bold",
            )
        axis.set(title=f"{title}: {found['accuracy']:.2%} of {found['count']:,}", xlabel="read", ylabel="written")
        axis.set(xticks=range(CLASSES), yticks=range(CLASSES))
        axis.grid(visible=False)
    return figure


def draw_reliability(trust: dict[str, Any]) -> Figure:
    """Plot reliability diagrams of the reader and of the baseline on the same pictures."""
    shown = {name: title for name, title in MIXES.items() if name in trust}
    figure, grid = plt.subplots(
        1, len(shown), figsize=(4.5 * len(shown), 4.3), layout="constrained", sharey=True, squeeze=False
    )
    axes = grid[0]
    for axis, (name, title) in zip(axes, shown.items(), strict=True):
        _draw_bins(axis, trust[name], title)
    axes[0].set_ylabel("share read correctly")
    return figure


def _draw_bins(axis: Axes, methods: dict[str, Any], title: str) -> None:
    """Plot the bins with enough drawings as dots; a dot's area is the bin's share of all drawings."""
    axis.plot([0, 1], [0, 1], color=LINE, zorder=0)
    for method, label, colour in (("naive", "baseline", PROBLEM), ("reader", "Inkling", ACCENT)):
        confidence, right, count = (
            np.array(methods[method]["bins"][name]) for name in ("confidence", "right", "count")
        )
        shown = count >= MIN_BIN_COUNT
        legend = f"{label}: calibration error {methods[method]['calibration_error']:.3f}"
        axis.plot(confidence[shown], right[shown], color=colour, alpha=0.6, label=legend)
        axis.scatter(confidence[shown], right[shown], s=14 + 320 * count[shown] / count.sum(), color=colour)
    axis.set(title=title, xlabel="confidence", xlim=(-0.06, 1.06), ylim=(-0.06, 1.22), aspect="equal")
    axis.set_yticks(np.linspace(0, 1, 6))
    axis.legend(loc="upper left")


def draw_sweeps(sweeps: dict[str, Any]) -> Figure:
    """Plot accuracy against pen width, size, tilt and blur, of the reader and of the baseline."""
    figure, axes = plt.subplots(1, len(sweeps), figsize=(11, 2.9), layout="constrained", sharey=True)
    for axis, (name, sweep) in zip(axes, sweeps.items(), strict=True):
        axis.plot(sweep["values"], sweep["naive_accuracy"], color=PROBLEM, marker=".", label="baseline")
        axis.plot(sweep["values"], sweep["accuracy"], color=ACCENT, marker="o", label="Inkling")
        axis.set(title=name.capitalize(), xlabel=sweep["unit"], ylim=(0, 1.03))
    axes[0].yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axes[0].legend(loc="lower right")
    return figure


def draw_worst_errors(worst_errors: dict[str, list[WorstError]]) -> Figure:
    """Show the most confident errors, one row for each set: label, reading and confidence."""
    figure, grid = plt.subplots(
        len(worst_errors), SHOWN, figsize=(SHOWN * 0.72, len(worst_errors) * 1.35), squeeze=False
    )
    for row, (name, found) in zip(grid, worst_errors.items(), strict=True):
        for axis in row:
            axis.axis("off")
        row[0].text(0, -14, name, fontsize=10)
        for axis, error in zip(row, found, strict=False):
            axis.imshow(error.image, cmap=INK_RAMP, vmin=0, vmax=1)
            label = "none" if error.label is None else error.label
            axis.set_title(f"{label} as {error.read}\n{error.confidence:.0%}", fontsize=6.5, loc="center", pad=2)
    return figure
