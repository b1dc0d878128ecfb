"""Train the digit network; an interrupted run is resumed from its backup."""

import csv
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from ml.training.digit_dataset import AugmentedBatches, TrainingSet, one_hot
from ml.training.digit_network import build_network

LEARNING_RATE = 2e-3
LABEL_SMOOTHING = 0.02
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
BACKUP_STEPS = 200  # about a minute on two cores


class EpochLog(keras.callbacks.Callback):
    """Append the metrics of each epoch to a CSV file, which a resumed run continues."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the epoch's metrics."""
        is_new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ("epoch", *sorted(CURVES)), extrasaction="ignore")
            if is_new:
                writer.writeheader()
            writer.writerow({"epoch": epoch, **(logs or {})})


def start_network(build: Callable[[], keras.Model], start_from: Path | None) -> keras.Model:
    """Return a network to train: a new one, or one with the weights of the .keras file `start_from`."""
    network = build()
    if start_from is not None:
        network.set_weights(keras.saving.load_model(start_from, compile=False, safe_mode=True).get_weights())
    return network


def train(
    training_set: TrainingSet,
    *,
    epochs: int,
    seed: int,
    backup: Path,
    start_from: Path | None = None,
    build: Callable[[], keras.Model] = build_network,
) -> tuple[keras.Model, dict[str, Any]]:
    """Train a network; return it after the last epoch, with the record of its training for the model card.

    Cost: two to four CPU-minutes an epoch of 75,000 images.

    Args:
        training_set: the data.
        epochs: how many.
        seed: of everything random.
        backup: folder for resuming an interrupted run; an earlier run's backup there is resumed.
        start_from: a .keras file with the initial weights.
        build: returns an untrained network; other than the default only in comparisons.
    """
    keras.utils.set_random_seed(seed)
    batches = AugmentedBatches(training_set, seed)
    network = start_network(build, start_from)
    compile_for_training(network, steps=epochs * len(batches))
    history = backup.with_suffix(".history.csv")
    if not backup.exists():
        history.unlink(missing_ok=True)
    callbacks = [EpochLog(history), keras.callbacks.BackupAndRestore(str(backup), save_freq=BACKUP_STEPS)]
    validation = training_set.validation.images, one_hot(training_set.validation.labels)
    wall, cpu = time.monotonic(), os.times()
    network.fit(batches, epochs=epochs, callbacks=callbacks, validation_data=validation, shuffle=False)
    now = os.times()
    return network, {
        "started_from": start_from.stem if start_from else None,
        "epochs": epochs,
        "seed": seed,
        "parameters": network.count_params(),
        "wall_seconds": round(time.monotonic() - wall),
        "cpu_seconds": round(now.user + now.system - cpu.user - cpu.system),
        "counts": batches.counts(),
        "training_writers": sorted({pen.writer for pen in training_set.pens}),
        "history": read_history(history),
    }


def compile_for_training(network: keras.Model, steps: int) -> None:
    """Set the loss and AdamW, with a warm-up over a twentieth of the steps and a cosine decay."""
    rate = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 20, steps, alpha=1e-3, warmup_target=LEARNING_RATE, warmup_steps=steps // 20
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=2e-3, clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=LABEL_SMOOTHING),
        metrics=["accuracy"],
        jit_compile=False,
    )


def read_history(path: Path) -> dict[str, list[float]]:
    """Return the curves that `EpochLog` wrote: loss and accuracy in training and validation, by epoch."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [round(float(row[name]), 5) for row in rows] for name in CURVES}
