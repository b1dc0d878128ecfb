"""python -m ml train | evaluate | pack | export: the whole of learning, no database."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.artifacts import Artifact

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # off by default on AMD, where it halves the time of a step
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; give its exit status."""
    options = _parser().parse_args(words)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("train", help="train, weigh and pack a network; goes on where it was interrupted")
    train.add_argument("--data", type=Path, required=True, help="folder of MNIST (.npz) and pen strokes (.jsonl.gz)")
    train.add_argument("--out", type=Path, required=True, help="where to write it: NAME.keras, .tflite and .json")
    train.add_argument("--epochs", type=int, default=10)
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--limit", type=int, help="use only so many drawings of each set: a quick try")
    train.add_argument("--start-from", type=Path, help="an earlier network's .keras file, whose weights are learned on")
    train.set_defaults(run=_train)
    evaluate = commands.add_parser("evaluate", help="weigh a network on drawings that it never learned from")
    evaluate.add_argument("--model", type=Path, required=True, help="a .keras or .tflite file with its card beside it")
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--limit", type=int)
    evaluate.add_argument("--runtimes", action="store_true", help="compare LiteRT with TensorFlow too")
    evaluate.add_argument("--out", type=Path, help="a folder for figures.json and pictures, of the worst mistakes too")
    evaluate.set_defaults(run=_evaluate)
    pack = commands.add_parser("pack", help="calibrate, weigh and pack a trained network anew, as after training")
    pack.add_argument("--model", type=Path, required=True, help="a .keras file with its card beside it")
    pack.add_argument("--data", type=Path, required=True)
    pack.add_argument("--out", type=Path, required=True, help="where to write it: NAME.keras, .tflite and .json")
    pack.add_argument("--limit", type=int)
    pack.set_defaults(run=_pack)
    line = commands.add_parser("learn-line", help="learn how numbers are parted into digits, with a network as it is")
    line.add_argument("--model", type=Path, required=True, help="a .tflite file with its card beside it")
    line.add_argument("--data", type=Path, required=True)
    line.add_argument("--out", type=Path, default=Path(__file__).with_name("recognition") / "candidate_scorer.json")
    line.add_argument("--seed", type=int, default=1)
    line.add_argument("--share", type=float, default=1.0, help="of the lessons: less for a quick try")
    line.set_defaults(run=_learn_line)
    speller = commands.add_parser("learn-speller", help="learn how touching digits are spelled; can be resumed")
    speller.add_argument("--data", type=Path, required=True)
    speller.add_argument("--out", type=Path, default=Path(__file__).with_name("recognition") / "line_recognizer.tflite")
    speller.add_argument("--epochs", type=int, default=20)
    speller.add_argument("--seed", type=int, default=1)
    speller.add_argument("--limit", type=int, help="use only so many drawings of each set: a quick try")
    speller.set_defaults(run=_learn_speller)
    export = commands.add_parser("export", help="write a .keras file again in all formats")
    export.add_argument("--model", type=Path, required=True, help="a .keras file")
    export.add_argument("--out", type=Path, required=True, help="where to write it: NAME.keras and NAME.tflite")
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
    from ml.artifacts import read_artifacts
    from ml.evaluation.model_card import show, weigh_fully, weigh_runtimes

    artifacts = {artifact.format: artifact for artifact in read_artifacts(options.model.with_suffix(".json"))}
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

    from ml.artifacts import read_artifacts
    from ml.evaluation import packing
    from ml.evaluation.model_card import show

    account = read_artifacts(options.model.with_suffix(".json"))[0].card["training"]
    network = keras.saving.load_model(options.model, compile=False, safe_mode=True)
    show(packing.pack(network, account, options.data, options.out, options.limit))
    return 0


def _learn_line(options: argparse.Namespace) -> int:
    from ml.artifacts import read_artifacts
    from ml.training.candidate_scorer_training import learn_line

    artifacts = {artifact.format: artifact for artifact in read_artifacts(options.model.with_suffix(".json"))}
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
