"""Matplotlib style of all figures: the colours of static/css/inkling.css in its light scheme."""

from typing import Any

from matplotlib.colors import LinearSegmentedColormap

BACKGROUND, PAPER, INK, INK_SOFT, LINE = "#fdfbf6", "#fffefb", "#1f1d19", "#5d584e", "#ddd7c9"
ACCENT, GOOD, WARNING, PROBLEM = "#24416f", "#28603c", "#7d5200", "#98302a"
RAMP = LinearSegmentedColormap.from_list("ink", [BACKGROUND, "#b9c4d6", ACCENT])
INK_RAMP = LinearSegmentedColormap.from_list("paper", [PAPER, INK])

STYLE: Any = {
    "figure.facecolor": BACKGROUND,
    "axes.facecolor": BACKGROUND,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK_SOFT,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#ece7db",
    "text.color": INK,
    "xtick.color": INK_SOFT,
    "ytick.color": INK_SOFT,
    "font.size": 9,
    "legend.frameon": False,
}
