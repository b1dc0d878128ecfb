"""Train the line recognizer with CTC on composed lines, and export it to LiteRT."""

import hashlib
import itertools
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from ml.data.datasets import MNIST_HELD_OUT, PenDigit, load_mnist, load_pen_digits, split_writers
from ml.data.glyphs import Glyphs, draw_glyphs
from ml.data.synthetic_lines import MAX_LABELS, WIDTH, compose_lines
from ml.data.synthetic_numbers import KINDS, compose_numbers
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import Ink
from ml.recognition.line_recognizer import FIELD, SYMBOLS, LineRecognizer
from ml.recognition.runtimes import load_line_network
from ml.recognition.text_line import find_text_line
from ml.training.digit_network_training import BACKUP_STEPS
from ml.training.export import library_versions

BATCH, EPOCH_STEPS = 64, 500
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 5e-4
PADDING = -1  # label at the end of a line shorter than MAX_LABELS
NUMBERS_EVALUATED = 200  # numbers of each kind
SEED = 707


def build_line_recognizer() -> keras.Model:
    """Return an untrained network of 270,000 parameters: (n, FIELD, w) in [0, 1] to (n, w / 2, SIGNS + 1) logits."""
    ink = keras.Input((FIELD, None), name="ink")
    x = layers.Reshape((FIELD, -1, 1))(ink)
    x = layers.MaxPooling2D((2, 2))(_convolve(x, 24, 3))
    x = layers.MaxPooling2D((2, 1))(_convolve(x, 40, 3))
    x = layers.MaxPooling2D((2, 1))(_convolve(x, 64, 3))
    x = _convolve(_convolve(x, 96, 3), 128, (4, 1), padding="valid")  # one row is left
    x = _convolve(_convolve(x, 128, (1, 3)), 128, (1, 5), dilation=(1, 2))
    x = layers.Conv2D(SYMBOLS + 1, 1, name="logits")(layers.Dropout(0.15)(x))
    return keras.Model(ink, layers.Reshape((-1, SYMBOLS + 1))(x), name="line_recognizer")


def _convolve(
    x: keras.KerasTensor,
    filters: int,
    kernel: int | tuple[int, int],
    padding: str = "same",
    dilation: tuple[int, int] = (1, 1),
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, padding=padding, dilation_rate=dilation, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def ctc_loss(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return the mean CTC loss. labels: (n, MAX_LABELS), padded with PADDING; logits: (n, frames, SIGNS + 1)."""
    labels = tf.cast(labels, tf.int32)
    places = tf.where(labels != PADDING)
    sparse = tf.SparseTensor(places, tf.gather_nd(labels, places), tf.shape(labels, out_type=tf.int64))
    frames = tf.fill([tf.shape(logits)[0]], tf.shape(logits)[1])
    return tf.reduce_mean(tf.nn.ctc_loss(sparse, logits, None, frames, logits_time_major=False, blank_index=SYMBOLS))


class LineBatches(keras.utils.PyDataset):
    """Batches of composed lines. Each batch is seeded by its epoch and number, so no line is shown twice."""

    def __init__(self, glyphs: Glyphs, seed: int) -> None:
        super().__init__()
        self.glyphs, self.seed, self.epoch = glyphs, seed, 0

    def on_epoch_begin(self) -> None:
        """Advance to the next epoch's lines."""
        self.epoch += 1

    def __len__(self) -> int:
        return EPOCH_STEPS

    def __getitem__(self, place: int) -> tuple[Ink, np.ndarray]:
        rng = np.random.default_rng((self.seed, self.epoch, place))
        pictures = np.empty((BATCH, FIELD, WIDTH), dtype=np.float32)
        labels = np.full((BATCH, MAX_LABELS), PADDING, dtype=np.int32)
        for row, (picture, text) in enumerate(itertools.islice(compose_lines(self.glyphs, rng), BATCH)):
            pictures[row], labels[row, : len(text)] = picture, text
        return pictures, labels


def train_line_recognizer(data: Path, out: Path, *, epochs: int, seed: int, limit: int | None = None) -> dict[str, Any]:
    """Train a line recognizer and write it to `out` (.tflite) with its card (.json); return the card.

    An interrupted run is resumed. Cost: 6 CPU-minutes an epoch of 32,000 lines.

    Args:
        data: the data folder.
        out: the .tflite file.
        epochs: how many.
        seed: of everything random.
        limit: use at most `limit` drawings of each kind, for a quick trial.
    """
    images, labels = load_mnist("train", data)
    pens, calibration_pens, _ = split_writers(load_pen_digits(data))
    kept = len(images) - MNIST_HELD_OUT
    glyphs = draw_glyphs(pens[:limit], images[:kept][:limit], labels[:kept][:limit], np.random.default_rng(seed))
    network, record = _fit(LineBatches(glyphs, seed), epochs, seed, out.with_suffix(".unfinished"))
    network.export(str(out), format="litert", verbose=False)
    card = {
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "training": record | {"training_writers": sorted({pen.writer for pen in pens[:limit]})},
        "calibrating_writers": evaluate_line_recognizer(
            out.read_bytes(), calibration_pens, NUMBERS_EVALUATED if limit is None else 5
        ),
        "versions": library_versions(),
    }
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def _fit(lines: LineBatches, epochs: int, seed: int, backup: Path) -> tuple[keras.Model, dict[str, Any]]:
    keras.utils.set_random_seed(seed)
    network, steps = build_line_recognizer(), epochs * EPOCH_STEPS
    rate = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 20, steps, alpha=0.01, warmup_target=LEARNING_RATE, warmup_steps=min(200, steps // 10)
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0)
    network.compile(optimizer=optimizer, loss=ctc_loss, jit_compile=False)
    wall, cpu = time.monotonic(), os.times()
    resume = keras.callbacks.BackupAndRestore(str(backup), save_freq=BACKUP_STEPS)
    history = network.fit(lines, epochs=epochs, callbacks=[resume], shuffle=False).history
    now = os.times()
    return network, {
        "epochs": epochs,
        "lines": steps * BATCH,
        "seed": seed,
        "parameters": network.count_params(),
        "wall_seconds": round(time.monotonic() - wall),
        "cpu_seconds": round(now.user + now.system - cpu.user - cpu.system),
        "loss": [round(loss, 4) for loss in history["loss"]],
    }


def evaluate_line_recognizer(data: bytes, pens: Sequence[PenDigit], count: int) -> dict[str, float]:
    """Return the share of `count` composed numbers of each kind that the recognizer alone reads exactly from pixels."""
    recognizer, rng = LineRecognizer(load_line_network("line-litert", data)), np.random.default_rng(SEED)
    exact = {}
    for kind in KINDS:
        numbers = compose_numbers(pens, kind, count, rng)
        lines = [find_text_line(page_from_image(number.as_picture())) for number in numbers]
        spellings = [recognizer.recognize(line.line_ink, line.height, line.pen_width).text for line in lines]
        texts = ["".join("0123456789?"[label] for label in text) for text in spellings]
        exact[kind] = sum(text == number.text for text, number in zip(texts, numbers, strict=True)) / count
    return exact
