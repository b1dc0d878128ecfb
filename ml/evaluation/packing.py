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
from ml.evaluation.model_card import evaluate_model
from ml.recognition.runtimes import load_network
from ml.training.calibration import calibration_examples, fit_calibration
from ml.training.export import export_network, library_versions
from ml.types import PREPROCESSING_VERSION


def pack(
    network: keras.Model, training_record: dict[str, Any], data: Path, out: Path, limit: int | None = None
) -> dict[str, Any]:
    """Write the network in every format, with its model card; return the card.

    The calibration is fitted on writers and images held out for it; the figures are measured on others. Both use the
    LiteRT export, because that is what workers run.

    Args:
        network: the trained network.
        training_record: what `train` returned about the training; goes into the card.
        data: the data folder.
        out: path of the files, whose suffix is replaced; its stem is the network's name.
        limit: use only the first `limit` drawings of each set, for a quick trial.
    """
    sha256 = export_network(network, out)
    litert = out.with_suffix(".tflite").read_bytes()
    runner = load_network("litert", litert, threads=os.cpu_count() or 1)
    _, calibration_pens, test_pens = split_writers(load_pen_digits(data))
    calibration = fit_calibration(runner, calibration_examples(calibration_pens, data, limit))
    card: dict[str, Any] = {
        "name": out.stem,
        "preprocessing": PREPROCESSING_VERSION,
        "sha256": sha256,
        "training": training_record,
        "calibration": asdict(calibration),
        "calibrating_writers": sorted({pen.writer for pen in calibration_pens}),
        "held_out_writers": sorted({pen.writer for pen in test_pens}),
        "versions": library_versions(),
        "commit": _commit(),
    }
    card |= evaluate_model(Artifact(out.stem, "litert", litert, sha256["litert"], card), data, limit)
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def _commit() -> str | None:
    """Return the commit of the code; None outside a git checkout."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no user input
    return result.stdout.strip() or None
