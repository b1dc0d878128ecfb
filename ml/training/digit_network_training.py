"""Learning: drawings that differ every epoch, one network; weighed and packed with its card."""

import csv
import hashlib
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ml.artifacts import SUFFIXES
from ml.data.augmentation import Strokes, vary_images
from ml.data.datasets import MNIST_CHOOSING, Labels, PenDigit, load_mnist, load_pen_digits, split_writers
from ml.data.examples import Examples, joined, of_pens
from ml.data.hard_negatives import draw_nondigits
from ml.data.render_augmentation import draw_on_paper
from ml.data.templates import draw_template, styles
from ml.preprocessing.ink import Ink
from ml.training.digit_network import OUTPUTS, build_network
from ml.types import CLASSES, SIDE

BATCH = 128
PEN_ROUNDS = 2  # how often each pen-written digit is drawn in an epoch, each time differently
STYLES_SHARE = 0.03  # of the drawings of an epoch: digits as few people write them
NONDIGITS_SHARE = 0.1
LEARNING_RATE = 2e-3
LABEL_SMOOTHING = 0.02
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
BACKUP_STEPS = 200  # about a minute on two cores


@dataclass(frozen=True)
class Lesson:
    """What is learned from: images (n, 28, 28) with labels (n,), and pen-written digits, drawn anew every epoch.

    validation: what shows after each epoch how far learning has come; no step and no choice is made by it.
    """

    images: Ink
    labels: Labels
    pens: list[PenDigit]
    validation: Examples


def make_lesson(data: Path, limit: int | None = None) -> Lesson:
    """Return what `data` holds, less what is held out; only `limit` images and pens for a quick try."""
    images, labels = load_mnist("train", data)
    pens, calibrating, _ = split_writers(load_pen_digits(data))
    kept = max(len(images) - MNIST_CHOOSING, 1)
    held = Examples(images[kept:][:limit], labels[kept:][:limit])
    validation = joined(held, of_pens(calibrating[:limit])) if calibrating else held
    return Lesson(images[:kept][:limit], labels[:kept][:limit], pens[:limit], validation)


def draw_pens(strokes: list[Strokes], rng: np.random.Generator) -> Ink:
    """Return (n, 28, 28) of digits in strokes, each drawn with a hand and a pen that are new."""
    drawn = np.empty((len(strokes), SIDE, SIDE), dtype=np.float32)
    for place, digit in enumerate(strokes):
        drawn[place] = draw_on_paper(digit, rng)
    return drawn


class Batches(keras.utils.PyDataset):
    """Shuffled batches of a lesson; pens and drawings that are no digits are drawn anew each epoch."""

    def __init__(self, lesson: Lesson, seed: int) -> None:
        super().__init__()
        self.lesson, self.rng = lesson, np.random.default_rng(seed)
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Draw what the next epoch shows."""
        pens = self.lesson.pens * PEN_ROUNDS
        count = len(self.lesson.images) + len(pens)
        rare = [styles()[place] for place in self.rng.integers(len(styles()), size=int(count * STYLES_SHARE))]
        shaken = [draw_template(template, self.rng, is_round=self.rng.uniform() < 0.8) for _, template in rare]
        nondigits = draw_nondigits(int(count * NONDIGITS_SHARE), [pen.strokes for pen in pens], self.rng)
        written = draw_pens([pen.strokes for pen in pens] + shaken, self.rng)
        self.images = np.concatenate([self.lesson.images, written, nondigits])
        answers = [pen.digit for pen in pens] + [digit for digit, _ in rare] + [CLASSES] * len(nondigits)
        self.labels = np.concatenate([self.lesson.labels, np.array(answers, dtype=np.int64)])
        self.order = self.rng.permutation(len(self.images))

    def __len__(self) -> int:
        return -(-len(self.order) // BATCH)

    def __getitem__(self, place: int) -> tuple[Ink, Ink]:
        chosen = self.order[place * BATCH : (place + 1) * BATCH]
        return vary_images(self.images[chosen], self.rng), one_hot(self.labels[chosen])


class History(keras.callbacks.Callback):
    """Keeps a line for each epoch in a file, which grows on when a run is resumed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write what the epoch came to."""
        is_new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ("epoch", *sorted(CURVES)), extrasaction="ignore")
            if is_new:
                writer.writeheader()
            writer.writerow({"epoch": epoch, **(logs or {})})


def one_hot(labels: Labels) -> Ink:
    """Return (n, 11): 1 for the label, 0 elsewhere."""
    return np.eye(OUTPUTS, dtype=np.float32)[labels]


def start_network(build: Callable[[], keras.Model], earlier: Path | None) -> keras.Model:
    """Return a network to train: a new one, or one with the weights of an earlier network's .keras file."""
    network = build()
    if earlier is not None:
        network.set_weights(keras.saving.load_model(earlier, compile=False, safe_mode=True).get_weights())
    return network


def train(
    lesson: Lesson,
    *,
    epochs: int,
    seed: int,
    backup: Path,
    earlier: Path | None = None,
    build: Callable[[], keras.Model] = build_network,
) -> tuple[keras.Model, dict[str, Any]]:
    """Return a trained network and the account of its training: epochs, seed, seconds, counts, history.

    Goes on where an earlier run stopped, if `backup` holds one. The last epoch's network counts: none is chosen.
    build: gives an untrained network to learn with; another one only to compare it.
    Cost: two to four CPU-minutes an epoch of 75,000 drawings.
    """
    keras.utils.set_random_seed(seed)
    batches = Batches(lesson, seed)
    network = start_network(build, earlier)
    compile_for_learning(network, steps=epochs * len(batches))
    history = backup.with_suffix(".history.csv")
    if not backup.exists():
        history.unlink(missing_ok=True)
    watchers = [
        History(history),
        keras.callbacks.BackupAndRestore(str(backup), save_freq=BACKUP_STEPS),
    ]
    validation = lesson.validation.images, one_hot(lesson.validation.labels)
    wall, cpu = time.monotonic(), os.times()
    network.fit(batches, epochs=epochs, callbacks=watchers, validation_data=validation, shuffle=False)
    now = os.times()
    return network, {
        "started_from": earlier.stem if earlier else None,
        "epochs": epochs,
        "seed": seed,
        "parameters": network.count_params(),
        "wall_seconds": round(time.monotonic() - wall),
        "cpu_seconds": round(now.user + now.system - cpu.user - cpu.system),
        "counts": count_drawings(lesson, batches),
        "training_writers": sorted({pen.writer for pen in lesson.pens}),
        "history": read_history(history),
    }


def compile_for_learning(network: keras.Model, steps: int) -> None:
    """Set the loss, and a learning rate that climbs for a twentieth of the steps and sinks along a cosine."""
    rate = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 20, steps, alpha=1e-3, warmup_target=LEARNING_RATE, warmup_steps=steps // 20
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=2e-3, clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=LABEL_SMOOTHING),
        metrics=["accuracy"],
        jit_compile=False,
    )


def count_drawings(lesson: Lesson, batches: Batches) -> dict[str, int]:
    """Say how much there was to learn from."""
    return {
        "mnist": len(lesson.images),
        "pen digits": len(lesson.pens),
        "drawn per epoch": len(batches.images),
        "no digits per epoch": int((batches.labels == CLASSES).sum()),
        "validation": len(lesson.validation.labels),
    }


def read_history(path: Path) -> dict[str, list[float]]:
    """Return loss and accuracy, of training and of validation, a number for each epoch."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [round(float(row[name]), 5) for row in rows] for name in CURVES}


def export(network: keras.Model, out: Path) -> dict[str, str]:
    """Write the network beside `out` in every format, without its optimizer; give the sha256 of each."""
    network.compile()
    network.optimizer = None
    network.save(out.with_suffix(".keras"))
    network.export(str(out.with_suffix(".tflite")), format="litert", verbose=False)
    return {
        format_: hashlib.sha256(out.with_suffix(suffix).read_bytes()).hexdigest()
        for format_, suffix in SUFFIXES.items()
    }


def versions() -> dict[str, str]:
    """Return the versions of what the network was made with."""
    made_with = {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
    return {"python": platform.python_version()} | made_with
