"""Train, evaluate and export networks: python -m ml COMMAND. Needs no database."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.artifacts import Artifact

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # off by default on AMD, where it halves the time per step
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(words)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("train", help="train, evaluate and pack a digit network, or resume it")
    train.add_argument("--data", type=Path, required=True, help="folder with MNIST (.npz) and pen strokes (.jsonl.gz)")
    train.add_argument(
        "--out", type=Path, required=True, help="output path without suffix: writes NAME.keras, .tflite and .json"
    )
    train.add_argument("--epochs", type=int, default=10)
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--limit", type=int, help="use at most this many drawings of each set, for a quick try")
    train.add_argument("--start-from", type=Path, help="start from the weights of this .keras file")
    train.set_defaults(run=_train)
    evaluate = commands.add_parser("evaluate", help="evaluate a network on drawings that it was not trained on")
    evaluate.add_argument("--model", type=Path, required=True, help="a .keras or .tflite file next to its model card")
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--limit", type=int)
    evaluate.add_argument("--runtimes", action="store_true", help="also compare LiteRT with TensorFlow")
    evaluate.add_argument("--out", type=Path, help="write figures.json and charts to this folder")
    evaluate.set_defaults(run=_evaluate)
    pack = commands.add_parser("pack", help="calibrate, evaluate and pack a trained network again")
    pack.add_argument("--model", type=Path, required=True, help="a .keras file next to its model card")
    pack.add_argument("--data", type=Path, required=True)
    pack.add_argument(
        "--out", type=Path, required=True, help="output path without suffix: writes NAME.keras, .tflite and .json"
    )
    pack.add_argument("--limit", type=int)
    pack.set_defaults(run=_pack)
    scorer = commands.add_parser(
        "train-candidate-scorer", aliases=["learn-line"], help="train the candidate scorer for a digit network"
    )
    scorer.add_argument("--model", type=Path, required=True, help="a .tflite file next to its model card")
    scorer.add_argument("--data", type=Path, required=True)
    scorer.add_argument("--out", type=Path, default=Path(__file__).with_name("recognition") / "candidate_scorer.json")
    scorer.add_argument("--seed", type=int, default=1)
    scorer.add_argument(
        "--share", type=float, default=1.0, help="share of the training lines, less than 1 for a quick try"
    )
    scorer.set_defaults(run=_learn_line)
    recognizer = commands.add_parser(
        "train-line-recognizer",
        aliases=["learn-speller"],
        help="train the line recognizer, or resume it",
    )
    recognizer.add_argument("--data", type=Path, required=True)
    recognizer.add_argument(
        "--out", type=Path, default=Path(__file__).with_name("recognition") / "line_recognizer.tflite"
    )
    recognizer.add_argument("--epochs", type=int, default=20)
    recognizer.add_argument("--seed", type=int, default=1)
    recognizer.add_argument("--limit", type=int, help="use at most this many drawings of each set, for a quick try")
    recognizer.set_defaults(run=_learn_speller)
    export = commands.add_parser("export", help="export a .keras file to all formats")
    export.add_argument("--model", type=Path, required=True, help="a .keras file")
    export.add_argument(
        "--out", type=Path, required=True, help="output path without suffix: writes NAME.keras and NAME.tflite"
    )
    export.set_defaults(run=_export)
    return parser


def _train(options: argparse.Namespace) -> int:
    from ml.evaluation import packing
    from ml.evaluation.model_card import show
    from ml.training import digit_network_training

    options.out.parent.mkdir(parents=True, exist_ok=True)
    lesson = digit_network_training.make_lesson(options.data, options.limit)
    backup = options.out.with_suffix(".unfinished")
    network, account = digit_network_training.train(
        lesson, epochs=options.epochs, seed=options.seed, backup=backup, earlier=options.start_from
    )
    card = packing.pack(network, account, options.data, options.out, options.limit)
    show(card)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from ml.artifacts import load_artifacts
    from ml.evaluation.model_card import show, weigh_fully, weigh_runtimes

    artifacts = {artifact.format: artifact for artifact in load_artifacts(options.model.with_suffix(".json"))}
    chosen = artifacts["litert" if options.model.suffix == ".tflite" else "keras"]
    figures = weigh_fully(chosen, options.data, options.limit)
    if options.runtimes:
        figures["runtimes"] = weigh_runtimes(artifacts, options.data, options.limit)
    show(figures)
    if options.out:
        _write_figures(chosen, figures, options)
    return 0


def _write_figures(artifact: "Artifact", figures: dict[str, Any], options: argparse.Namespace) -> None:
    from ml.evaluation.figures import draw_all
    from ml.evaluation.worst_errors import find_mistakes
    from ml.recognition.reader import Calibration
    from ml.recognition.runtimes import load_network

    network = load_network(artifact.format, artifact.data, threads=os.cpu_count() or 1)
    mistakes = find_mistakes(network, Calibration(**artifact.card["calibration"]), options.data, options.limit)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    draw_all(figures, mistakes, options.out)


def _pack(options: argparse.Namespace) -> int:
    import keras

    from ml.artifacts import load_artifacts
    from ml.evaluation import packing
    from ml.evaluation.model_card import show

    account = load_artifacts(options.model.with_suffix(".json"))[0].card["training"]
    network = keras.saving.load_model(options.model, compile=False, safe_mode=True)
    show(packing.pack(network, account, options.data, options.out, options.limit))
    return 0


def _learn_line(options: argparse.Namespace) -> int:
    from ml.artifacts import load_artifacts
    from ml.training.candidate_scorer_training import learn_line

    artifacts = {artifact.format: artifact for artifact in load_artifacts(options.model.with_suffix(".json"))}
    learned = learn_line(artifacts["litert"], options.data, options.seed, options.share)
    options.out.write_text(json.dumps(learned, indent=1) + "\n", encoding="utf-8")
    return 0


def _learn_speller(options: argparse.Namespace) -> int:
    from ml.training.line_recognizer_training import learn_speller

    card = learn_speller(options.data, options.out, epochs=options.epochs, seed=options.seed, limit=options.limit)
    print(json.dumps(card["calibrating_writers"], indent=1))
    return 0


def _export(options: argparse.Namespace) -> int:
    import keras

    from ml.training.digit_network_training import export

    network = keras.saving.load_model(options.model, compile=False, safe_mode=True)
    for format_, sha256 in export(network, options.out).items():
        print(format_, sha256)
    return 0


if __name__ == "__main__":
    sys.exit(main())
