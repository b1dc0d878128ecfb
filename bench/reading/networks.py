"""Train several small networks for a few epochs each, and compare them on the validation data.

    .venv/bin/python -m bench.reading.networks --data FOLDER --epochs 4 [--only tutorial residual] [--out runs/compared]

Every network sees the same images in the same order. MNIST's test set and the writers of the model card's figures are
not used. Prints for each network: parameters, CPU seconds an epoch, CPU time of an image in LiteRT on one core, and on
the validation data loss (finer than the number of errors), accuracy, and the AUROC of digits against non-digits.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers

from ml.data.datasets import load_pen_digits, split_writers
from ml.data.examples import Examples
from ml.evaluation.metrics import auroc
from ml.recognition.calibration import digit_margin
from ml.recognition.runtimes import LiteRtNetwork
from ml.training.calibration import calibration_examples
from ml.training.digit_dataset import load_training_set
from ml.training.digit_network import OUTPUTS, build_network
from ml.training.digit_network_training import TrainingOptions, train
from ml.training.export import export_network
from ml.types import CLASSES, SIDE

REPEATS = 300


def _convolve(x: keras.KerasTensor, filters: int, **options: object) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, use_bias=False, **{"padding": "same", **options})(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))


def _start() -> tuple[keras.KerasTensor, keras.KerasTensor]:
    ink = keras.Input((SIDE, SIDE), name="ink")
    return ink, layers.Reshape((SIDE, SIDE, 1))(ink)


def _finish(ink: keras.KerasTensor, x: keras.KerasTensor) -> keras.Model:
    return keras.Model(ink, layers.Dense(OUTPUTS, name="logits")(layers.Dropout(0.2)(layers.Flatten()(x))))


def build_tutorial() -> keras.Model:
    """Return the network of most tutorials: two convolutions, two poolings, one dense layer."""
    ink, x = _start()
    x = layers.MaxPooling2D()(layers.Conv2D(32, 3, activation="relu")(x))
    x = layers.MaxPooling2D()(layers.Conv2D(64, 3, activation="relu")(x))
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return keras.Model(ink, layers.Dense(OUTPUTS, name="logits")(layers.Dropout(0.5)(x)))


def build_residual() -> keras.Model:
    """Return a network of about the same cost with residual connections."""
    ink, x = _start()
    x = layers.MaxPooling2D()(_convolve(_convolve(x, 24), 32))
    x = _convolve(x, 56)
    x = layers.add([x, _convolve(_convolve(x, 48), 56)])
    x = _convolve(layers.MaxPooling2D()(x), 96)
    x = layers.add([x, _convolve(x, 96)])
    return _finish(ink, layers.DepthwiseConv2D(7)(x))


def build_strided() -> keras.Model:
    """Return a network with strided convolutions instead of pooling, and global average pooling."""
    ink, x = _start()
    x = _convolve(_convolve(x, 24), 40, strides=2)
    x = _convolve(_convolve(x, 64), 96, strides=2)
    x = _convolve(_convolve(x, 112), 128)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(ink, layers.Dense(OUTPUTS, name="logits")(layers.Dropout(0.2)(x)))


NETWORKS: dict[str, Callable[[], keras.Model]] = {
    "shipped": build_network,
    "tutorial": build_tutorial,
    "residual": build_residual,
    "strided": build_strided,
}


def main() -> None:
    """Train and measure each network, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, help="train on at most LIMIT images and pen-written digits")
    parser.add_argument("--out", type=Path, default=Path("runs/compared"))
    parser.add_argument("--only", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    options = parser.parse_args()
    training_set = load_training_set(options.data, options.limit)
    _, choosing, _ = split_writers(load_pen_digits(options.data))
    held = calibration_examples(choosing, options.data)
    head = f"{'network':12}{'parameters':>12}{'CPU s/epoch':>13}{'us alone':>10}{'us in 32':>10}"
    print(f"{head}{'loss':>9}{'correct':>9}{'no digit AUROC':>16}", flush=True)
    for name in options.only:
        out = options.out / f"{name}.keras"
        out.parent.mkdir(parents=True, exist_ok=True)
        network, record = train(
            training_set,
            TrainingOptions(options.epochs, options.seed),
            backup=out.with_suffix(".unfinished"),
            build=NETWORKS[name],
        )
        export_network(network, out)
        cpu_s = record["cpu_seconds"] / options.epochs
        print(
            f"{name:12}{record['parameters']:12,}{cpu_s:13.0f}{_measure(out.with_suffix('.tflite'), held)}", flush=True
        )


def _measure(path: Path, held: Examples) -> str:
    """Return the rest of a network's line: CPU time of an image, loss, accuracy and AUROC."""
    runner = LiteRtNetwork(path.read_bytes(), threads=1)
    logits = runner.logits(held.images).astype(np.float64)
    is_digit = held.labels < CLASSES
    ten, labels = logits[is_digit, :CLASSES], held.labels[is_digit]
    loss = np.mean(np.logaddexp.reduce(ten, axis=1) - ten[np.arange(len(ten)), labels])
    right, area = (ten.argmax(axis=1) == labels).mean(), auroc(digit_margin(logits), is_digit)
    return f"{_microseconds(runner, 1):10.0f}{_microseconds(runner, 32):10.0f}{loss:9.4f}{right:9.2%}{area:16.4f}"


def _microseconds(runner: LiteRtNetwork, batch: int) -> float:
    """Return the CPU microseconds for one image."""
    images = np.random.default_rng(1).uniform(size=(batch, SIDE, SIDE)).astype(np.float32)
    runner.logits(images)
    began = time.process_time()
    for _ in range(REPEATS):
        runner.logits(images)
    return (time.process_time() - began) / REPEATS / batch * 1e6


if __name__ == "__main__":
    main()
