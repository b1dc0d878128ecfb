"""Measure how well sheets are read.

python -m ml.evaluation.sheets --data FOLDER --photographs 200
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.artifacts import load_shipped
from ml.evaluation.sheets.figures import summarize
from ml.evaluation.sheets.fitting import collect_features, fit
from ml.evaluation.sheets.photographs import SEED, TUNING_SEED, load_people, read_photographs
from ml.evaluation.sheets.tables import read_tables, summarize_tables
from ml.recognition.loading import load_reader


def main(words: Sequence[str] | None = None) -> int:
    """Run one measure, print its figures, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluation.sheets", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of MNIST (.npz) and pen strokes (.jsonl.gz)")
    parser.add_argument("--photographs", type=int, default=200, metavar="COUNT")
    parser.add_argument("--tables", type=int, metavar="COUNT", help="measure ruled tables that are not ours instead")
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="leave those before it out")
    parser.add_argument(
        "--tuning", action="store_true", help="other templates and writers than those that are measured"
    )
    parser.add_argument("--fit", action="store_true", help="print the calibration that fits the tuning photographs")
    options = parser.parse_args(words)
    is_tuning = options.tuning or options.fit
    seed = TUNING_SEED if is_tuning else SEED
    reader, people = load_reader(load_shipped()), load_people(options.data, is_tuning=is_tuning)
    numbers = range(options.first, options.tables or options.photographs)
    if options.tables:
        print_figures(summarize_tables(list(read_tables(reader, people.hands, numbers, seed))))
        return 0
    pages = []
    for page in read_photographs(reader, people, numbers, seed=seed):
        pages.append(page)
        if len(pages) % 10 == 0 or len(pages) == len(numbers):
            print(f"{len(pages)} of {len(numbers)}", file=sys.stderr)
    if options.fit:
        weights = fit(*collect_features(pages, seed))
        print("SLOPE, OFFSET, UNCLEAR, UNFIT =", ", ".join(f"{one:.2f}" for one in weights))
        return 0
    print_figures(summarize(pages, seed))
    return 0


def print_figures(figures: dict[str, Any]) -> None:
    """Print one figure a line."""
    for name, value in figures.items():
        if isinstance(value, list):
            for one in value:
                print(f"{name:28} {json.dumps(one)}")
        else:
            print(f"{name:28} {json.dumps(value)}")


if __name__ == "__main__":
    sys.exit(main())
