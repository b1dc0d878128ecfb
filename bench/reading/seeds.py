"""Compare networks trained from different seeds: a line for each model card, and the mean.

    .venv/bin/python -m bench.reading.seeds runs/seed-1.json runs/seed-2.json runs/seed-3.json

The best on validation is marked: only validation (the end of MNIST's training set, and writers held out for it) may
select one.
"""

import argparse
import json
from pathlib import Path
from statistics import mean
from typing import Any

COLUMNS = ("validation loss", "validation", "MNIST's test set", "held-out writers")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cards", type=Path, nargs="+")
    cards = [json.loads(path.read_text(encoding="utf-8")) for path in parser.parse_args().cards]
    rows = [figures_of(card) for card in cards]
    best = min(row[0] for row in rows)
    print(f"{'seed':6}{'epochs':>7}{'CPU s':>8}" + "".join(f"{name:>22}" for name in COLUMNS))
    for card, row in zip(cards, rows, strict=True):
        training = card["training"]
        begin = f"{training['seed']:<6}{training['epochs']:7}{training['cpu_seconds']:8}"
        print(begin + line_of(row) + ("  best on validation" if row[0] == best else ""))
    print(f"{'mean':21}" + line_of([mean(column) for column in zip(*rows, strict=True)]))


def figures_of(card: dict[str, Any]) -> list[float]:
    """Return a card's figures, in the order of COLUMNS."""
    history, sets = card["training"]["history"], card["sets"]
    accuracies = [sets[name]["accuracy"] for name in ("mnist_test", "held_out_writers")]
    return [history["val_loss"][-1], history["val_accuracy"][-1], *accuracies]


def line_of(row: list[float]) -> str:
    """Format figures as part of a line."""
    return f"{row[0]:22.4f}" + "".join(f"{share:22.2%}" for share in row[1:])


if __name__ == "__main__":
    main()
