"""Pack a digit network that was tuned on reviewed drawings, with the rest of the version that it started from."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml.artifacts import LINE_SUFFIXES, Artifact, load_artifacts, settings_of
from ml.data.cases.case_page import Drawing
from ml.evaluation.accuracy import count_verdicts, evaluate_digits, evaluate_negatives
from ml.evaluation.packing import pack, write_card, write_for_browsers
from ml.evaluation.reading import BLANK, read_drawings
from ml.golden import golden_drawing
from ml.recognition.calibration import Calibration
from ml.recognition.loading import load_reader
from ml.recognition.reader import Reader
from ml.recognition.runtimes import load_network
from ml.training.calibration import match_calibration
from ml.training.export import export_network, library_versions
from ml.training.fine_tuning import LabelledImages
from ml.types import CLASSES, PREPROCESSING_VERSION, Verdict

GOLDEN_COUNT, NEGATIVES = 500, 500
DATA_LIMIT = 1_000  # drawings of each set of a training folder


@dataclass(frozen=True)
class KnownDrawings:
    """Reviewed drawings that nothing was trained on: what the API takes, and the text, "" for not a digit."""

    drawings: list[Drawing] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Tuned:
    """A tuned network, with the artifacts of the version that it started from and the record of its training."""

    network: keras.Model
    former: Sequence[Artifact]
    record: dict[str, Any]


def pack_tuned(
    tuned: Tuned, out: Path, held_out: LabelledImages, known: KnownDrawings, data: Path | None = None
) -> list[Artifact]:
    """Write a tuned version with its card, and return its artifacts.

    The line recognizer is that of the former version. With a training folder, calibration, decision and figures come
    from it, as for a network that was trained there. Without one, the network is made as sure as the former one was of
    the same images, and the figures are of our own and of the reviewed drawings alone.

    Args:
        tuned: the network, and what it was made from.
        out: path of the files, whose suffix is replaced; its stem is the version's name.
        held_out: images that the network did not learn from.
        known: reviewed drawings for the card.
        data: the training folder, if there is one.
    """
    for artifact in tuned.former:
        if artifact.format in LINE_SUFFIXES:
            out.with_suffix(LINE_SUFFIXES[artifact.format]).write_bytes(artifact.data)
    line_record = tuned.former[0].card.get("line_recognizer", {})
    out.with_suffix(".line.json").write_text(json.dumps(line_record), encoding="utf-8")
    if data is not None:
        pack(tuned.network, tuned.record, data, out, DATA_LIMIT)
    else:
        _pack_without_data(tuned, out, held_out)
    return _with_own_figures(out, load_reader(tuned.former), known)


def _pack_without_data(tuned: Tuned, out: Path, held_out: LabelledImages) -> None:
    hashes = export_network(tuned.network, out) | write_for_browsers(tuned.network, out)
    hashes |= {one.format: one.sha256 for one in tuned.former if one.format in LINE_SUFFIXES}
    card = tuned.former[0].card
    former = next(one for one in tuned.former if one.format == "litert")
    calibration = match_calibration(
        load_network("litert", out.with_suffix(".tflite").read_bytes()),
        held_out.images.astype(np.float32) / 255,
        load_network("litert", former.data),
        Calibration(**card["calibration"]),
    )
    made = {
        "name": out.stem,
        "sha256": hashes,
        "training": tuned.record,
        "line_recognizer": card.get("line_recognizer", {}),
        "versions": library_versions(),
    }
    settings = settings_of(card) | {"preprocessing": PREPROCESSING_VERSION, "calibration": asdict(calibration)}
    write_card(made | settings, out)


def _with_own_figures(out: Path, former: Reader, known: KnownDrawings) -> list[Artifact]:
    """Add the figures of our own and of the reviewed drawings to the card, and return the artifacts with it."""
    path = out.with_suffix(".json")
    card = json.loads(path.read_text(encoding="utf-8"))
    reader = load_reader(load_artifacts(path))
    sets = card.setdefault("sets", {})
    labels = np.arange(GOLDEN_COUNT) % CLASSES
    drawings: list[Drawing] = [golden_drawing(int(digit), seed // CLASSES) for seed, digit in enumerate(labels)]
    sets["golden"] = evaluate_digits(reader, drawings, labels)[0]
    sets.setdefault("no_digits", evaluate_negatives(reader, NEGATIVES))
    if known.drawings:
        sets["reviewed"] = _evaluate_known(reader, known) | {"former": _evaluate_known(former, known)["accuracy"]}
    write_card(card, out)
    return load_artifacts(path)


def _evaluate_known(reader: Reader, known: KnownDrawings) -> dict[str, Any]:
    """Return count, accuracy and verdicts on reviewed drawings: a reading is right if text or signs are."""
    readings = [reading or BLANK for reading in read_drawings(reader, known.drawings)]
    right = [
        text in (("",) if reading.verdict == Verdict.NOT_A_DIGIT else (reading.text, reading.written))
        for reading, text in zip(readings, known.texts, strict=True)
    ]
    accuracy = round(float(np.mean(right)), 5)
    return {"count": len(right), "accuracy": accuracy, "verdicts": count_verdicts(readings)}
