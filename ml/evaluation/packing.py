"""Pack a trained network: export, calibrate, evaluate, and write it with its model card."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from ml.artifacts import BROWSER_SUFFIXES, LINE_SUFFIXES, load_artifacts, load_shipped, shipped_name
from ml.data.datasets import load_pen_digits, split_writers
from ml.evaluation.model_card import evaluate_model
from ml.recognition.reader import Reader
from ml.recognition.runtimes import load_network
from ml.training.browser_export import UnknownLayer, export_to_browser
from ml.training.calibration import calibration_examples, fit_calibration
from ml.training.decision_fitting import collect_samples, fit_decision
from ml.training.export import export_litert, export_network, library_versions
from ml.types import PREPROCESSING_VERSION


def pack(
    network: keras.Model, training_record: dict[str, Any], data: Path, out: Path, limit: int | None = None
) -> dict[str, Any]:
    """Write the network in every format, with its line recognizer and model card; return the card.

    The line recognizer is NAME.line.keras next to `out`, with the record of its training in NAME.line.json; without
    it, that of the shipped version is copied.

    The calibration is fitted on writers and images held out for it; the figures are measured on others. Both use the
    LiteRT export, because that is what workers run.

    Args:
        network: the trained network.
        training_record: what `train` returned about the training; goes into the card.
        data: the data folder.
        out: path of the files, whose suffix is replaced; its stem is the version's name.
        limit: use only the first `limit` drawings of each set, for a quick trial.
    """
    sha256 = export_network(network, out)
    browser_sha256 = write_for_browsers(network, out)
    line_sha256, line_record = find_line_recognizer(out)
    runner = load_network("litert", out.with_suffix(".tflite").read_bytes(), threads=os.cpu_count() or 1)
    _, calibration_pens, test_pens = split_writers(load_pen_digits(data))
    calibration = fit_calibration(runner, calibration_examples(calibration_pens, data, limit))
    line_network = load_network("line-litert", out.with_suffix(LINE_SUFFIXES["line-litert"]).read_bytes())
    reader = Reader(runner, {"calibration": asdict(calibration)}, line_network)
    decision = fit_decision(reader, collect_samples(reader, data, limit))
    card: dict[str, Any] = {
        "name": out.stem,
        "preprocessing": PREPROCESSING_VERSION,
        "sha256": sha256 | browser_sha256 | line_sha256,
        "training": training_record,
        "line_recognizer": line_record,
        "calibration": asdict(calibration),
        "decoder": asdict(decision),
        "calibrating_writers": sorted({pen.writer for pen in calibration_pens}),
        "held_out_writers": sorted({pen.writer for pen in test_pens}),
        "versions": library_versions(),
        "commit": _commit(),
    }
    write_card(card, out)
    card |= evaluate_model(load_artifacts(out.with_suffix(".json")), data, limit)
    write_card(card, out)
    return card


def write_card(card: dict[str, Any], out: Path) -> None:
    """Write a model card next to the files of its version."""
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def write_for_browsers(network: keras.Model, out: Path) -> dict[str, str]:
    """Write the network as browsers run it; return its sha256 by its format, or nothing if browsers cannot run it."""
    ((format_, suffix),) = BROWSER_SUFFIXES.items()
    try:
        data = export_to_browser(network)
    except UnknownLayer as problem:
        print(f"There will be no preview in browsers. {problem}")
        return {}
    out.with_suffix(suffix).write_bytes(data)
    return {format_: hashlib.sha256(data).hexdigest()}


def add_for_browsers(card_path: Path) -> bool:
    """Write the digit network of a packed version as browsers run it, and add it to the card; False if they cannot."""
    card = json.loads(card_path.read_text(encoding="utf-8"))
    network = keras.saving.load_model(card_path.with_suffix(".keras"), compile=False, safe_mode=True)
    added = write_for_browsers(network, card_path)
    card["sha256"] |= added
    write_card(card, card_path)
    return bool(added)


def find_line_recognizer(out: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the sha256 of the line recognizer of `out` in each format, copied if need be, and its training record."""
    record = out.with_suffix(".line.json")
    line = {format_: out.with_suffix(suffix) for format_, suffix in LINE_SUFFIXES.items()}
    if line["line-keras"].exists() and not line["line-litert"].exists():
        network = keras.saving.load_model(line["line-keras"], compile=False, safe_mode=True)
        export_litert(network, line["line-litert"])
    elif not line["line-litert"].exists():
        shipped = [one for one in load_shipped() if one.name == shipped_name() and one.format in LINE_SUFFIXES]
        for one in shipped:
            line[one.format].write_bytes(one.data)
        record.write_text(json.dumps(shipped[0].card["line_recognizer"], indent=1) + "\n", encoding="utf-8")
    found = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in line.items() if path.exists()}
    return found, json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}


def _commit() -> str | None:
    """Return the commit of the code; None outside a git checkout."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no user input
    return result.stdout.strip() or None
