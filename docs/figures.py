"""Draw the README's figures from the shipped network's card and from its readings of our own drawings.

python -m docs.figures [--only pipeline samples]
"""

import argparse
import os
from pathlib import Path

from docs.figure_drawings import draw_pipeline, draw_stress_samples
from ml.artifacts import load_shipped, shipped_name
from ml.evaluation.report.figures import (
    draw_confusion,
    draw_reliability,
    draw_sweeps,
    draw_training_curves,
    prepare,
    save,
)
from ml.recognition.loading import load_reader

FOLDER = Path(__file__).parent / "figures"


def main() -> None:
    """Draw all figures, or those named by --only."""
    newest = [artifact for artifact in load_shipped() if artifact.name == shipped_name()]
    card = newest[0].card
    reader = load_reader(newest, threads=os.cpu_count() or 1)
    figures = {
        "curves": lambda: draw_training_curves(card),
        "confusion": lambda: draw_confusion(card["sets"]),
        "reliability": lambda: draw_reliability(card["trust"]),
        "sweeps": lambda: draw_sweeps(card["sweeps"]),
        "samples": lambda: draw_stress_samples(reader),
        "pipeline": lambda: draw_pipeline(reader),
    }
    parser = argparse.ArgumentParser(prog="python -m docs.figures", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=figures, default=list(figures))
    prepare()
    FOLDER.mkdir(exist_ok=True)
    for name in parser.parse_args().only:
        save(figures[name](), FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
