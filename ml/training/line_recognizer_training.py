"""Train the line recognizer with CTC on composed lines, on any backend of Keras."""

import csv
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ml.data.lines.pool import Line, LinePool
from ml.recognition.line_image import FIELD_PX
from ml.recognition.line_recognizer import BLANK, collapse
from ml.training.line_network import build_line_network

EPOCH_STEPS = 100
SAVED_EPOCHS = 10  # between two backups, which a later run can start from
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 5e-4
WARM_UP, DECAY = 0.03, 0.6  # shares of the run in which the learning rate rises, and in which it falls
EMA_MOMENTUM = 0.998
MIN_LINES = 8000  # composed before training begins


class Augment(layers.Layer):
    """Thicken or thin the strokes of lines, fade them and add noise, on the device; only in training."""

    def __init__(self, seed: int) -> None:
        super().__init__(dtype="float32")
        self.seed = keras.random.SeedGenerator(seed)

    def call(self, pixels: Any, training: bool = False) -> Any:
        """Return (n, FIELD_PX, w) float32 in [0, 1] for uint8 pixels."""
        ink = ops.cast(pixels, "float32") / 255
        if not training:
            return ink
        count = ops.shape(ink)[0]
        around = ops.max_pool(ink[..., None], 3, strides=1, padding="same")[..., 0]
        inside = -ops.max_pool(-ink[..., None], 3, strides=1, padding="same")[..., 0]
        amount = keras.random.uniform((count, 1, 1), -0.75, 0.75, seed=self.seed)
        amount = ops.where(ops.abs(amount) < 0.25, 0.0, amount)
        ink = ink + ops.relu(amount) * (around - ink) + ops.relu(-amount) * (inside - ink)
        gain = keras.random.uniform((count, 1, 1), 0.75, 1.0, seed=self.seed)
        noise = keras.random.normal(ops.shape(ink), seed=self.seed)
        grain = ops.relu(keras.random.uniform((count, 1, 1), -0.15, 0.05, seed=self.seed))
        return ops.clip(ink * gain + grain * noise, 0, 1)


def ctc_loss(labels: Any, logits: Any) -> Any:
    """Return the CTC loss of each line, for (n, MAX_LABELS) codes padded with BLANK and (n, frames, OUTPUTS) logits."""
    labels = ops.cast(labels, "int32")
    lengths = ops.sum(ops.cast(labels != BLANK, "int32"), axis=1)
    frames = ops.ones_like(lengths) * ops.shape(logits)[1]
    return ops.ctc_loss(labels, ops.cast(logits, "float32"), lengths, frames, mask_index=BLANK)


class Batches(keras.utils.PyDataset):
    """Random batches of a pool that grows while it is used."""

    def __init__(self, pool: LinePool, size: int, seed: int) -> None:
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self.pool, self.size, self.seed, self.epoch = pool, size, seed, 0

    def on_epoch_begin(self) -> None:
        """Take the lines that were composed meanwhile."""
        self.epoch += 1
        self.pool.refresh()

    def __len__(self) -> int:
        return EPOCH_STEPS

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((self.seed, self.epoch, place))
        bucket = self.pool.draw_bucket(rng) if place > 1 else place  # Keras takes the shapes that vary from these two
        return self.pool.batch(bucket, self.size, rng)


class Schedule(keras.callbacks.Callback):
    """Set the learning rate by the share of the run that is over, in time or epochs, and end it; keep a log."""

    def __init__(self, network: keras.Model, out: Path, options: "LineTrainingOptions", held_out: list[Line]) -> None:
        super().__init__()
        self.network, self.log, self.backup = network, out.with_suffix(".history.csv"), out.with_suffix(".latest.keras")
        self.minutes, self.epochs, self.held_out = options.minutes, options.epochs, held_out
        self.began = time.monotonic()

    def share(self, epoch: int) -> float:
        """Return which share of the run is over."""
        spent = (time.monotonic() - self.began) / (60 * self.minutes) if self.minutes else 0.0
        return max(spent, epoch / self.epochs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set the learning rate."""
        share = self.share(epoch)
        fall = 0.5 * (1 + np.cos(np.pi * min(max(share - 1 + DECAY, 0) / DECAY, 1)))
        self.model.optimizer.learning_rate = LEARNING_RATE * max(min(share / WARM_UP, fall), 0.004)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Log the loss and the held-out accuracy; stop when the time is over."""
        share = self.share(epoch + 1)
        if share >= 1:
            self.model.stop_training = True
        row: dict[str, Any] = {
            "epoch": epoch,
            "seconds": round(time.monotonic() - self.began),
            "loss": round((logs or {})["loss"], 5),
        }
        if epoch % SAVED_EPOCHS == SAVED_EPOCHS - 1:
            self.network.save(self.backup)
            row["exact"] = round(exact_share(self.model, self.held_out), 4)
        is_new = not self.log.exists()
        with self.log.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ("epoch", "seconds", "loss", "exact"))
            if is_new:
                writer.writeheader()
            writer.writerow(row)


def exact_share(model: keras.Model, lines: list[Line]) -> float:
    """Return the share of lines whose likeliest frames spell them exactly. Lines wider than 128 px are left out."""
    narrow = [line for line in lines if line[0].shape[1] <= 128]
    pixels = np.zeros((len(narrow), FIELD_PX, 128), dtype=np.uint8)
    for row, (own, _) in enumerate(narrow):
        pixels[row, :, : own.shape[1]] = own
    logits = model.predict(pixels, batch_size=256, verbose=0)
    return float(np.mean([collapse(one) == text for one, (_, text) in zip(logits, narrow, strict=True)]))


@dataclass(frozen=True)
class LineTrainingOptions:
    """How a line network is trained.

    Attributes:
        size: of the network, one of `ml.training.line_network.SIZES`.
        seed: of everything random.
        batch: how many lines of 128 px are in a step.
        precision: "float32", or "mixed_bfloat16" for GPUs and CPUs that know it.
        epochs: of EPOCH_STEPS steps, at most.
        minutes: the run ends after so many, if given.
        start_from: a .keras file with the initial weights.
    """

    size: str = "plain"
    seed: int = 1
    batch: int = 64
    precision: str = "float32"
    epochs: int = 300
    minutes: float | None = None
    start_from: Path | None = None


def train_line_network(lines: Path, held_out: list[Line], out: Path, options: LineTrainingOptions) -> dict[str, Any]:
    """Train a line network, write it to `out` (.keras) and the record of its training beside it; return the record.

    NAME.latest.keras is written every SAVED_EPOCHS epochs; an interrupted run can start from it.

    Args:
        lines: folder of files that `ml.data.lines.pool.write_chunks` wrote, or is writing.
        held_out: lines of other writers, for the log only; they select nothing.
        out: the .keras file.
        options: how to train.
    """
    keras.utils.set_random_seed(options.seed)
    pool = LinePool(lines, options.seed)
    while len(pool) < MIN_LINES:
        time.sleep(1)
        pool.refresh()
    keras.mixed_precision.set_dtype_policy(options.precision)
    network = build_line_network(options.size)
    keras.mixed_precision.set_dtype_policy("float32")
    if options.start_from is not None:
        network.set_weights(keras.saving.load_model(options.start_from, compile=False, safe_mode=True).get_weights())
    pixels = keras.Input((FIELD_PX, None), dtype="uint8")
    model = keras.Model(pixels, network(Augment(options.seed)(pixels)))
    optimizer = keras.optimizers.AdamW(
        LEARNING_RATE, weight_decay=WEIGHT_DECAY, clipnorm=1.0, use_ema=True, ema_momentum=EMA_MOMENTUM
    )
    model.compile(optimizer=optimizer, loss=ctc_loss)
    wall, cpu = time.monotonic(), os.times()
    batches = Batches(pool, options.batch, options.seed)
    schedule = Schedule(network, out, options, held_out)
    model.fit(batches, epochs=options.epochs, callbacks=[schedule], verbose=2)
    now = os.times()
    trained = build_line_network(options.size)  # without mixed precision, which exports and CPUs don't know
    trained.set_weights(network.get_weights())
    trained.save(out)
    record: dict[str, Any] = {
        "size": options.size,
        "seed": options.seed,
        "steps": batches.epoch * EPOCH_STEPS,
        "batch": options.batch,
        "lines_composed": len(pool),
        "parameters": network.count_params(),
        "wall_seconds": round(time.monotonic() - wall),
        "cpu_seconds": round(now.user + now.system - cpu.user - cpu.system),
        "backend": keras.backend.backend(),
        "held_out_exact": round(exact_share(model, held_out), 4),
    }
    if options.start_from is not None and (earlier := options.start_from.with_suffix(".json")).exists():
        record["started_from"] = json.loads(earlier.read_text(encoding="utf-8"))
    out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record
