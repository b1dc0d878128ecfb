"""Pack a trained network: export, calibrate, evaluate, and write it with its model card."""

import json
import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from ml.artifacts import Artifact
from ml.data.datasets import load_pen_digits, split_writers
from ml.evaluation.model_card import weigh_fully
from ml.recognition.runtimes import load_network
from ml.training.calibration_fitting import fit_calibration, held_out_examples
from ml.training.digit_network_training import export, versions
from ml.types import PREPROCESSING_VERSION


def pack(
    network: keras.Model, account: dict[str, Any], data: Path, out: Path, limit: int | None = None
) -> dict[str, Any]:
    """Write the network's files and its card (`out` with .json); give the card. The files are named by `out`.

    Calibration is fitted on writers and images held out for it, and everything is weighed on others again, on the
    LiteRT export: what is weighed is what workers run.
    """
    sha256 = export(network, out)
    litert = out.with_suffix(".tflite").read_bytes()
    runner = load_network("litert", litert, threads=os.cpu_count() or 1)
    _, calibrating, scored = split_writers(load_pen_digits(data))
    calibration = fit_calibration(runner, held_out_examples(calibrating, data, limit))
    card: dict[str, Any] = {
        "name": out.stem,
        "preprocessing": PREPROCESSING_VERSION,
        "sha256": sha256,
        "training": account,
        "calibration": asdict(calibration),
        "calibrating_writers": sorted({pen.writer for pen in calibrating}),
        "held_out_writers": sorted({pen.writer for pen in scored}),
        "versions": versions(),
        "commit": _commit(),
    }
    card |= weigh_fully(Artifact(out.stem, "litert", litert, sha256["litert"], card), data, limit)
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def _commit() -> str | None:
    """Return the commit of the code, None where it is not a git checkout."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no word of it is a user's
    return said.stdout.strip() or None
