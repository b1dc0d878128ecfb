"""Train, evaluate and export networks: python -m ml COMMAND. Needs no database."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.recognition.reader import Reader
    from ml.training.digit_dataset import TrainingSet

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DATA_HELP = "folder of MNIST (.npz) and pen strokes (.jsonl.gz)"

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # off by default on AMD, where it halves the time per step
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(words)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _add_digit_network_commands(commands)
    _add_evaluate(commands)
    _add_line_recognizer_commands(commands)
    _add_packing_commands(commands)
    return parser


def _add_digit_network_commands(commands: "Commands") -> None:
    train = commands.add_parser("train", help="train a digit network, and pack it; resumes an interrupted run")
    train.add_argument(
        "--data", type=Path, help=f"{DATA_HELP}; without it, our templates are drawn, and it is not packed"
    )
    _add_drawing_options(train)
    train.add_argument("--reviewed", type=Path, metavar="FILE.npz", help="from manage.py export_reviewed: a tenth")
    train.add_argument("--out", type=Path, required=True, help="path of the files NAME.keras, .tflite and .json")
    train.add_argument("--epochs", type=int, default=10)
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--batch", type=int, default=128, help="images in a step")
    train.add_argument("--precision", choices=["float32", "mixed_bfloat16"], default="float32")
    train.add_argument("--validate-every", type=int, default=1, metavar="EPOCHS")
    train.add_argument("--start-from", type=Path, help="a .keras file with the initial weights")
    train.add_argument("--teachers", type=Path, nargs="+", default=[], help=".keras files to learn from as well")
    train.set_defaults(run=_train)
    draw = commands.add_parser("draw-digits", help="draw the digits to train on ahead, for several runs of train")
    draw.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    _add_drawing_options(draw)
    draw.set_defaults(run=_draw_digits)


def _add_evaluate(commands: "Commands") -> None:
    evaluate = commands.add_parser("evaluate", help="measure a network on held-out drawings")
    evaluate.add_argument(
        "--model", type=Path, required=True, help="a .keras or .tflite file, with its card in the same folder"
    )
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--limit", type=int, help="read at most LIMIT drawings of each set, for a quick trial")
    evaluate.add_argument(
        "--sets", nargs="+", help="measure these alone: sets, canvases, numbers, cases, sweeps, stress, reference, cost"
    )
    evaluate.add_argument("--runtimes", action="store_true", help="also compare LiteRT with TensorFlow")
    evaluate.add_argument(
        "--out",
        type=Path,
        help="folder for figures.json and, if everything is measured, for pictures, which include the worst errors",
    )
    evaluate.set_defaults(run=_evaluate)


def _add_line_recognizer_commands(commands: "Commands") -> None:
    compose = commands.add_parser("compose-lines", help="compose the lines that a line recognizer is trained on")
    compose.add_argument("--data", type=Path, required=True)
    compose.add_argument("--lines", type=Path, required=True, help="folder of the files, 4,000 lines in each")
    compose.add_argument("--files", type=int, default=100)
    compose.add_argument("--seed", type=int, default=1)
    compose.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    compose.set_defaults(run=_compose_lines)
    recognizer = commands.add_parser(
        "train-line-recognizer", help="train a line recognizer on composed lines, also while they are being composed"
    )
    recognizer.add_argument("--data", type=Path, required=True)
    recognizer.add_argument("--lines", type=Path, required=True, help="folder of files from compose-lines")
    recognizer.add_argument("--out", type=Path, required=True, help="path of the file NAME.line.keras")
    recognizer.add_argument("--epochs", type=int, default=300, help="of 100 steps")
    recognizer.add_argument("--minutes", type=float, help="end after so many, whatever the epochs")
    recognizer.add_argument("--batch", type=int, default=64, help="lines of 128 px in a step, fewer of wider ones")
    recognizer.add_argument("--size", choices=("plain", "wide"), default="plain")
    recognizer.add_argument("--seed", type=int, default=1)
    recognizer.add_argument("--precision", default="float32", help="float32, or mixed_bfloat16 for GPUs")
    recognizer.add_argument("--start-from", type=Path, help="a .keras file with the initial weights")
    recognizer.set_defaults(run=_train_line_recognizer)


def _add_packing_commands(commands: "Commands") -> None:
    pack = commands.add_parser("pack", help="calibrate, evaluate and pack a trained network again")
    pack.add_argument(
        "--model", type=Path, required=True, help="a .keras file, with its card or .training.json in the same folder"
    )
    pack.add_argument("--data", type=Path, required=True)
    pack.add_argument("--out", type=Path, required=True, help="path of the files NAME.keras, .tflite and .json")
    pack.add_argument("--limit", type=int)
    pack.set_defaults(run=_pack)
    export = commands.add_parser("export", help="export a .keras file to all formats")
    export.add_argument("--model", type=Path, required=True, help="a .keras file")
    export.add_argument("--out", type=Path, required=True, help="path of the files NAME.keras and NAME.tflite")
    export.set_defaults(run=_export)
    browser = commands.add_parser("export-for-browsers", help="add the digit network as browsers run it to a version")
    browser.add_argument("--model", type=Path, required=True, help="a file of a version, with its card beside it")
    browser.set_defaults(run=_export_for_browsers)
    reference = commands.add_parser(
        "add-reference", help="add to a card how ink and answers are distributed in training"
    )
    reference.add_argument("--model", type=Path, required=True, help="a file of a version, with its card beside it")
    reference.add_argument("--data", type=Path, required=True)
    reference.add_argument("--limit", type=int, help="read at most LIMIT drawings of each set, for a quick trial")
    reference.set_defaults(run=_add_reference)


def _add_drawing_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, help="use at most LIMIT drawings of each set, for a quick trial")
    parser.add_argument("--rounds", type=int, default=20, help="times each pen-written digit is drawn in all")
    parser.add_argument("--processes", type=int, help="that draw; by default one a CPU")
    parser.add_argument("--cache", type=Path, help="folder that keeps the drawn digits for further runs")


def _load_training_set(options: argparse.Namespace) -> "TrainingSet":
    from ml.training.digit_dataset import draw_training_set, load_training_set

    drawing = (options.limit, options.rounds, options.processes, options.cache)
    return load_training_set(options.data, *drawing) if options.data else draw_training_set(*drawing)


def _draw_digits(options: argparse.Namespace) -> int:
    pools = _load_training_set(options).pools
    print(f"{len(pools.images)} rounds of {pools.images.shape[1]:,} drawings")
    return 0


def _train(options: argparse.Namespace) -> int:
    import keras

    from ml.data.reviewed import load_reviewed
    from ml.training.digit_dataset import add_reviewed
    from ml.training.digit_network_training import TrainingOptions, train

    training_set = _load_training_set(options)
    if options.reviewed:
        training_set = add_reviewed(training_set, load_reviewed(options.reviewed))
    names = ("epochs", "seed", "batch", "precision", "validate_every", "start_from", "teachers")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    network, training_record = train(
        training_set,
        TrainingOptions(**{name: getattr(options, name) for name in names}),
        backup=options.out.with_suffix(".unfinished"),
    )
    network.save(options.out.with_suffix(".keras"))
    record = options.out.with_suffix(".training.json")
    record.write_text(json.dumps(training_record, indent=1) + "\n", encoding="utf-8")
    if options.data is None or keras.backend.backend() != "tensorflow":  # packing needs both
        print(
            f"To export and evaluate it, with data and TensorFlow: python -m ml pack --data ... --model {options.out}"
        )
        return 0
    return _pack_network(network, training_record, options)


def _pack_network(network: Any, training_record: dict[str, Any], options: argparse.Namespace) -> int:
    from ml.evaluation import packing
    from ml.evaluation.report.tables import print_figures

    print_figures(packing.pack(network, training_record, options.data, options.out, options.limit))
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from ml.artifacts import card_path, load_artifacts
    from ml.evaluation.model_card import PARTS, evaluate_model, evaluate_runtimes
    from ml.evaluation.report.tables import print_figures
    from ml.recognition.loading import PREFERRED, load_reader

    artifacts = load_artifacts(card_path(options.model))
    formats = PREFERRED if options.model.suffix == ".tflite" else ("keras", "line-keras", "line-litert")
    if unknown := set(options.sets or ()) - set(PARTS):
        print(f"Unknown: {', '.join(sorted(unknown))}. Choose from {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    figures = evaluate_model(artifacts, options.data, options.limit, options.sets or tuple(PARTS), formats)
    if options.runtimes:
        by_format = {artifact.format: artifact for artifact in artifacts}
        figures["runtimes"] = evaluate_runtimes(by_format, options.data, options.limit)
    print_figures(figures)
    if options.out:
        _write_figures(load_reader(artifacts, formats, threads=os.cpu_count() or 1), figures, options)
    return 0


def _write_figures(reader: "Reader", figures: dict[str, Any], options: argparse.Namespace) -> None:
    from ml.evaluation.report.figures import draw_all
    from ml.evaluation.report.worst_errors import find_worst_errors

    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if options.sets:
        return
    draw_all(figures, find_worst_errors(reader, options.data, options.limit), options.out)


def _pack(options: argparse.Namespace) -> int:
    import keras

    from ml.artifacts import load_artifacts

    record = options.model.with_suffix(".training.json")
    if record.exists():
        training_record = json.loads(record.read_text(encoding="utf-8"))
    else:
        training_record = load_artifacts(options.model.with_suffix(".json"))[0].card["training"]
    network = keras.saving.load_model(options.model, compile=False, safe_mode=True)
    return _pack_network(network, training_record, options)


def _compose_lines(options: argparse.Namespace) -> int:
    from ml.data.lines.pool import write_chunks

    write_chunks(options.data, options.lines, options.files, seed=options.seed, processes=options.processes)
    return 0


def _train_line_recognizer(options: argparse.Namespace) -> int:
    from ml.data.lines.pool import compose_held_out_lines
    from ml.training.line_recognizer_training import LineTrainingOptions, train_line_network

    names = ("size", "seed", "batch", "precision", "epochs", "minutes", "start_from")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    chosen = LineTrainingOptions(**{name: getattr(options, name) for name in names})
    record = train_line_network(options.lines, compose_held_out_lines(options.data), options.out, chosen)
    print(json.dumps(record, indent=1))
    return 0


def _export(options: argparse.Namespace) -> int:
    import keras

    from ml.training.export import export_network

    network = keras.saving.load_model(options.model, compile=False, safe_mode=True)
    for format_, sha256 in export_network(network, options.out).items():
        print(format_, sha256)
    return 0


def _export_for_browsers(options: argparse.Namespace) -> int:
    from ml.artifacts import card_path
    from ml.evaluation.packing import add_for_browsers

    return 0 if add_for_browsers(card_path(options.model)) else 1


def _add_reference(options: argparse.Namespace) -> int:
    from ml.artifacts import card_path
    from ml.evaluation.reference import add_reference

    add_reference(card_path(options.model), options.data, options.limit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
