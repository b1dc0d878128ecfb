"""Measure how well sheets are read: python -m ml.evaluation.sheets photographs --data FOLDER [--count 200]."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(words: Sequence[str] | None = None) -> int:
    """Run one measure, print its figures, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluation.sheets", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of MNIST (.npz) and pen strokes (.jsonl.gz)")
    parser.add_argument("--photographs", type=int, default=200)
    parser.add_argument(
        "--tuning", action="store_true", help="other templates and writers than those that are measured"
    )
    options = parser.parse_args(words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
