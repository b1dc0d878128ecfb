"""Train the digit network with any Keras backend; an interrupted run is resumed from its backup."""

import csv
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from ml.data.examples import Examples
from ml.training.digit_dataset import EpochBatches, TrainingSet, one_hot
from ml.training.digit_network import OUTPUTS, build_network, copy_weights
from ml.training.image_augmentation import AugmentImages
from ml.types import SIDE

BATCH = 128
LEARNING_RATE = 2e-3  # for BATCH images in a step; it grows with the square root of a larger batch
LABEL_SMOOTHING = 0.02
TEACHER_SHARE = 0.5  # of the targets, where there are teachers
AVERAGED_STEPS = 1000  # the weights kept are an exponential average over about so many steps
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
BACKUP_SECONDS = 120.0
BACKUP_STEPS = 200  # of the line recognizer


@dataclass(frozen=True)
class TrainingOptions:
    """How a network is trained.

    Attributes:
        epochs: how many.
        seed: of everything random.
        batch: images in a step.
        precision: "float32", or "mixed_bfloat16" for GPUs.
        validate_every: epochs between two validations.
        start_from: a .keras file with the initial weights.
        teachers: .keras files; half of each target is the mean of their probabilities.
    """

    epochs: int
    seed: int = 1
    batch: int = BATCH
    precision: str = "float32"
    validate_every: int = 1
    start_from: Path | None = None
    teachers: Sequence[Path] = ()


class EpochLog(keras.callbacks.Callback):
    """Choose each epoch's images, and append its metrics to a CSV file, which a resumed run continues."""

    def __init__(self, path: Path, batches: EpochBatches) -> None:
        super().__init__()
        self.path, self.batches = path, batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Choose the epoch's images."""
        self.started = time.monotonic()
        self.batches.start_epoch(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the epoch's metrics."""
        is_new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ("epoch", *sorted(CURVES), "seconds"), extrasaction="ignore")
            if is_new:
                writer.writeheader()
            seconds = round(time.monotonic() - self.started, 2)
            writer.writerow({"epoch": epoch, **(logs or {}), "seconds": seconds})


class TimedBackup(keras.callbacks.BackupAndRestore):
    """Back the run up every BACKUP_SECONDS, however long a step or an epoch takes.

    It does so between steps: with a callback at the end of a step, Keras would wait for the device after each.
    """

    async_safe = True

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), save_freq=1)
        self.saved_at = time.monotonic()

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Back up if it is time."""
        if time.monotonic() - self.saved_at >= BACKUP_SECONDS:
            super().on_train_batch_end(batch, logs)
            self.saved_at = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Do nothing."""


def train(
    training_set: TrainingSet,
    options: TrainingOptions,
    backup: Path,
    build: Callable[[], keras.Model] = build_network,
) -> tuple[keras.Model, dict[str, Any]]:
    """Train a network; return it after the last epoch, with the record of its training for the model card.

    Cost: two to four CPU-minutes an epoch of 75,000 images.

    Args:
        training_set: the data.
        options: how to train.
        backup: folder for resuming an interrupted run; an earlier run's backup there is resumed.
        build: returns an untrained network; other than the default only in comparisons.
    """
    keras.utils.set_random_seed(options.seed)
    batches = EpochBatches(training_set, options.seed, options.batch)
    keras.mixed_precision.set_dtype_policy(options.precision)
    build_trainee = partial(build, is_for_training=True) if build is build_network else build
    network = start_network(build_trainee, options.start_from)
    keras.mixed_precision.set_dtype_policy("float32")
    trainee = add_training_layers(network, options)
    compile_for_training(trainee, options.epochs * len(batches), options.batch)
    history = backup.with_suffix(".history.csv")
    if not backup.exists():
        history.unlink(missing_ok=True)
    images, targets, held_batch = _validation_batches(training_set.validation)
    wall, cpu = time.monotonic(), os.times()
    trainee.fit(
        batches,
        epochs=options.epochs,
        callbacks=[EpochLog(history, batches), TimedBackup(backup)],
        validation_data=(images, targets),
        validation_freq=options.validate_every,
        validation_batch_size=held_batch,
        shuffle=False,
        verbose=2,
    )
    now = os.times()
    loss, accuracy = trainee.evaluate(images, targets, batch_size=held_batch, verbose=0)
    trained = build()  # without mixed precision, which exports and CPUs don't know
    copy_weights(network, trained)
    return trained, {
        "started_from": options.start_from.stem if options.start_from else None,
        "teachers": [path.stem for path in options.teachers],
        "epochs": options.epochs,
        "seed": options.seed,
        "batch": options.batch,
        "validate_every": options.validate_every,
        "precision": options.precision,
        "backend": keras.backend.backend(),
        "parameters": network.count_params(),
        "wall_seconds": round(time.monotonic() - wall),
        "cpu_seconds": round(now.user + now.system - cpu.user - cpu.system),
        "data": list(training_set.data),
        "counts": batches.counts(),
        "reviewed_sha256": training_set.reviewed.sha256 if training_set.reviewed else None,
        "training_writers": training_set.writers,
        "validation": {"loss": round(float(loss), 5), "accuracy": round(float(accuracy), 5)},
        "history": read_history(history),
    }


def start_network(build: Callable[[], keras.Model], start_from: Path | None) -> keras.Model:
    """Return a network to train: a new one, or one with the weights of the .keras file `start_from`."""
    network = build()
    if start_from is not None:
        copy_weights(keras.saving.load_model(start_from, compile=False, safe_mode=True), network)
    return network


def add_training_layers(network: keras.Model, options: TrainingOptions) -> keras.Model:
    """Return a model that augments bytes, (n, 28, 28), before the network.

    Its outputs are the network's 11 logits and, if there are teachers, the mean of their 11 probabilities for the same
    augmented image.
    """
    images = keras.Input((SIDE, SIDE), dtype="uint8", name="bytes")
    ink = AugmentImages(options.seed)(images)
    outputs = network(ink)
    teachers = [keras.saving.load_model(path, compile=False, safe_mode=True) for path in options.teachers]
    for place, teacher in enumerate(teachers):
        teacher.trainable, teacher.name = False, f"teacher_{place}"
    if teachers:
        votes = [ops.softmax(teacher(ink, training=False)) for teacher in teachers]
        outputs = ops.concatenate([outputs, sum(votes) / len(votes)], axis=-1)
    return keras.Model(images, outputs, name="training")


def compile_for_training(trainee: keras.Model, steps: int, batch: int = BATCH) -> None:
    """Set the loss and AdamW, with a warm-up over a twentieth of the steps and a cosine decay."""
    peak, warmup = LEARNING_RATE * (batch / BATCH) ** 0.5, steps // 20
    rate = keras.optimizers.schedules.CosineDecay(
        peak / 20, max(steps - warmup, 1), alpha=1e-3, warmup_target=peak, warmup_steps=warmup
    )
    averaged = min(AVERAGED_STEPS, steps / 10 + 1)
    trainee.compile(
        optimizer=keras.optimizers.AdamW(
            rate, weight_decay=2e-3, clipnorm=1.0, use_ema=True, ema_momentum=1 - 1 / averaged
        ),
        loss=mixed_loss,
        metrics=[keras.metrics.MeanMetricWrapper(_is_right, name="accuracy")],
        jit_compile=keras.backend.backend() == "jax",
    )


def mixed_loss(labels: keras.KerasTensor, outputs: keras.KerasTensor) -> keras.KerasTensor:
    """Return the cross-entropy with the smoothed labels, mixed with the teachers' probabilities if there are any."""
    targets = labels * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / OUTPUTS
    if outputs.shape[-1] > OUTPUTS:
        targets = targets * (1 - TEACHER_SHARE) + outputs[:, OUTPUTS:] * TEACHER_SHARE
    return ops.categorical_crossentropy(targets, outputs[:, :OUTPUTS], from_logits=True)


def _is_right(labels: keras.KerasTensor, outputs: keras.KerasTensor) -> keras.KerasTensor:
    return ops.cast(ops.argmax(labels, axis=-1) == ops.argmax(outputs[:, :OUTPUTS], axis=-1), "float32")


def _validation_batches(validation: Examples) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the images as bytes, their targets, and a batch size that leaves out the fewest of them."""
    count = len(validation.labels)
    batch = min(range(min(count, 256), min(count, 1024) + 1), key=lambda size: count % size)
    count -= count % batch
    images = np.round(validation.images[:count] * 255).astype(np.uint8)
    return images, one_hot(validation.labels[:count]), batch


def read_history(path: Path) -> dict[str, list[float]]:
    """Return the curves that `EpochLog` wrote: loss and accuracy in training, and in the epochs that were validated."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [round(float(row[name]), 5) for row in rows if row[name]] for name in CURVES}
