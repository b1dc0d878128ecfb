"""Draw the CPU time of a reading by contender, from results.json: `python -m bench.chart`."""

import json
from collections.abc import Mapping
from pathlib import Path

from matplotlib import pyplot as plt

from local.paths import ROOT
from ml.evaluation.report.figure_style import ACCENT, INK_SOFT, STYLE

MEDIANS = Path(__file__).with_name("results.json")
CHART = ROOT / "docs/figures/cpu_a_reading.svg"
LIMIT_MS = 20.0  # longer bars are cut, so that short ones can be told apart


def draw_chart(medians: Mapping[str, Mapping[str, float]]) -> None:
    """Write the chart. medians: CPU-ms of a reading at 64 clients, by contender and process."""
    totals = {name: sum(parts.values()) for name, parts in medians.items() if "constant" not in name}
    names = sorted(totals, key=lambda name: -totals[name])
    with plt.rc_context(STYLE | {"svg.hashsalt": "inkling", "svg.fonttype": "none", "axes.grid": False}):
        figure, axis = plt.subplots(figsize=(7, 0.36 * len(names) + 0.7), layout="constrained")
        bars = axis.barh(
            [name.replace("`", "") for name in names],
            [min(totals[name], LIMIT_MS) for name in names],
            color=[ACCENT if is_durable(name) else INK_SOFT for name in names],
        )
        axis.bar_label(bars, [label(name, totals[name]) for name in names], padding=4)
        axis.set(title="CPU-ms a reading at 64 clients", xlim=(0, LIMIT_MS * 1.35), xticks=[])
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
        figure.savefig(CHART, metadata={"Date": None})
        plt.close(figure)


def is_durable(name: str) -> bool:
    """Return whether a contender stores what it was sent and what it read."""
    return name.startswith(("Inkling", "Django"))


def label(name: str, total_ms: float) -> str:
    """Return the text beside a bar."""
    stored = "every reading stored" if is_durable(name) else "nothing stored"
    return f"{total_ms:.1f}{' (cut)' if total_ms > LIMIT_MS else ''}, {stored}"


if __name__ == "__main__":
    draw_chart(json.loads(MEDIANS.read_text(encoding="utf-8")))
