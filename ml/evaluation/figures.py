"""The figures of a network, as Matplotlib draws them from what `weigh_fully` found."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ml.evaluation.figure_style import ACCENT, INK_RAMP, INK_SOFT, LINE, PROBLEM, RAMP, SHEET, STYLE
from ml.evaluation.worst_errors import SHOWN, Mistake
from ml.types import CLASSES

FEWEST_IN_BIN = 8
SETS = {"mnist_test": "MNIST's test set", "held_out_writers": "Writers never seen"}
MIXES = {
    "digits": "Digits on all kinds of canvas",
    "digits and no digits": "The same, with as many that are no digit",
}


def prepare() -> None:
    """Let figures look like the site and need no screen."""
    mpl.use("Agg")
    plt.rcParams.update(STYLE)


def save(figure: Figure, path: Path) -> None:
    """Write the figure as a small PNG and say so."""
    figure.savefig(path, dpi=110)
    plt.close(figure)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def draw_all(figures: dict[str, Any], mistakes: dict[str, list[Mistake]], folder: Path) -> None:
    """Write confusion, reliability, sweeps and mistakes into `folder`."""
    prepare()
    save(draw_confusion(figures["sets"]), folder / "confusion.png")
    if "trust" in figures:
        save(draw_reliability(figures["trust"]), folder / "reliability.png")
        save(draw_sweeps(figures["sweeps"]), folder / "sweeps.png")
    save(draw_mistakes(mistakes), folder / "mistakes.png")


def draw_curves(card: dict[str, Any]) -> Figure:
    """Show loss and accuracy of every epoch."""
    history = card["training"]["history"]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    epochs = np.arange(1, len(history["loss"]) + 1)
    for axis, name, title in zip(axes, ("loss", "accuracy"), ("Loss", "Accuracy"), strict=True):
        axis.plot(epochs, history[name], color=INK_SOFT, linestyle="--", label="training, every drawing varied")
        axis.plot(epochs, history[f"val_{name}"], color=ACCENT, marker="o", label="validation, as it was drawn")
        axis.set(title=f"{card['name']}: {title.lower()} after each epoch", xlabel="epoch", xticks=epochs[::2])
    axes[0].set_ylim(bottom=0)
    axes[1].yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axes[0].legend()
    return figure


def draw_confusion(sets: dict[str, Any]) -> Figure:
    """Show what was read for what was written, on the sets that count most."""
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
                color=SHEET if is_right else PROBLEM,
                fontweight="normal" if is_right else "bold",
            )
        axis.set(title=f"{title}: {found['accuracy']:.2%} of {found['count']:,}", xlabel="read", ylabel="written")
        axis.set(xticks=range(CLASSES), yticks=range(CLASSES))
        axis.grid(visible=False)
    return figure


def draw_reliability(trust: dict[str, Any]) -> Figure:
    """Show how often readings of a confidence are right, beside the naive way on the same pictures."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.3), layout="constrained", sharey=True)
    for axis, (name, title) in zip(axes, MIXES.items(), strict=True):
        _draw_bins(axis, trust[name], title)
    axes[0].set_ylabel("of these, read right")
    return figure


def _draw_bins(axis: Axes, ways: dict[str, Any], title: str) -> None:
    """Draw a dot for each bin that holds enough drawings to say something, as large as their share."""
    axis.plot([0, 1], [0, 1], color=LINE, zorder=0)
    for way, label, colour in (("naive", "the naive way", PROBLEM), ("reader", "Inkling", ACCENT)):
        claimed, right, count = (np.array(ways[way]["bins"][name]) for name in ("confidence", "right", "count"))
        enough = count >= FEWEST_IN_BIN
        said = f"{label}: off by {ways[way]['calibration_error']:.3f} on average"
        axis.plot(claimed[enough], right[enough], color=colour, alpha=0.6, label=said)
        axis.scatter(claimed[enough], right[enough], s=14 + 320 * count[enough] / count.sum(), color=colour)
    axis.set(title=title, xlabel="confidence", xlim=(-0.06, 1.06), ylim=(-0.06, 1.22), aspect="equal")
    axis.set_yticks(np.linspace(0, 1, 6))
    axis.legend(loc="upper left")


def draw_sweeps(sweeps: dict[str, Any]) -> Figure:
    """Show accuracy against pen width, size, tilt and blur, beside the naive way."""
    figure, axes = plt.subplots(1, len(sweeps), figsize=(11, 2.9), layout="constrained", sharey=True)
    for axis, (name, sweep) in zip(axes, sweeps.items(), strict=True):
        axis.plot(sweep["values"], sweep["naive_accuracy"], color=PROBLEM, marker=".", label="the naive way")
        axis.plot(sweep["values"], sweep["accuracy"], color=ACCENT, marker="o", label="Inkling")
        axis.set(title=name.capitalize(), xlabel=sweep["unit"], ylim=(0, 1.03))
    axes[0].yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axes[0].legend(loc="lower right")
    return figure


def draw_mistakes(mistakes: dict[str, list[Mistake]]) -> Figure:
    """Show the surest mistakes of each set, a row each: what was read for what was written."""
    figure, grid = plt.subplots(len(mistakes), SHOWN, figsize=(SHOWN * 0.72, len(mistakes) * 1.35), squeeze=False)
    for row, (name, found) in zip(grid, mistakes.items(), strict=True):
        for axis in row:
            axis.axis("off")
        row[0].text(0, -14, name, fontsize=10)
        for axis, mistake in zip(row, found, strict=False):
            axis.imshow(mistake.image, cmap=INK_RAMP, vmin=0, vmax=1)
            meant = "none" if mistake.label is None else mistake.label
            axis.set_title(f"{meant} as {mistake.read}\n{mistake.confidence:.0%}", fontsize=6.5, loc="center", pad=2)
    return figure
