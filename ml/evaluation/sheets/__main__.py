"""Measure how well sheets are read.

python -m ml.evaluation.sheets --data FOLDER --photographs 200
"""

import argparse
import json
import pickle
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ml.artifacts import load_shipped
from ml.evaluation.sheets.figures import summarize
from ml.evaluation.sheets.photographs import SEED, TUNING_SEED, PageRecord, load_people, read_photographs
from ml.recognition.loading import load_reader


def main(words: Sequence[str] | None = None) -> int:
    """Run one measure, print its figures, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluation.sheets", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of MNIST (.npz) and pen strokes (.jsonl.gz)")
    parser.add_argument("--photographs", type=int, default=200, metavar="COUNT")
    parser.add_argument(
        "--tuning", action="store_true", help="other templates and writers than those that are measured"
    )
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep what was read, to look at what went wrong")
    options = parser.parse_args(words)
    seed = TUNING_SEED if options.tuning else SEED
    reader, people = load_reader(load_shipped()), load_people(options.data, is_tuning=options.tuning)
    pages = list(_tell(read_photographs(reader, people, options.photographs, seed=seed), options.photographs))
    if options.keep:
        options.keep.write_bytes(pickle.dumps(pages))
    print_figures(summarize(pages, seed))
    return 0


def _tell(pages: Iterator[PageRecord], count: int) -> Iterator[PageRecord]:
    for number, page in enumerate(pages, 1):
        if number % 10 == 0:
            print(f"{number} of {count}", file=sys.stderr)
        yield page


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
