"""Draw digits and hard negatives ahead of training, in many rounds, by several processes.

Drawing takes 2 to 3 ms an image, longer than a training step takes for it, so an epoch uses a few rounds of a pool.
"""

import hashlib
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.data.augmentation import Strokes
from ml.data.datasets import PenDigit
from ml.data.digit_styles import draw_slash, draw_styled_digit, strike_out, vary_pen_digit
from ml.data.hard_negatives import draw_noise, hard_negative_strokes
from ml.data.render_augmentation import render_augmented
from ml.data.templates import draw_template, numeric_sign_templates, rare_digit_templates
from ml.preprocessing.ink import BlankDrawing, Ink
from ml.types import CLASSES, PREPROCESSING_VERSION, SIDE

Bytes = NDArray[np.uint8]

PARTS = 8  # of a round, so that many processes end together
TEMPLATE_SHARE = 0.4  # of the styled digits; the others are drawn by `draw_styled_digit`
STRUCK_OUT_SHARE, SIGN_SHARE, SLASH_SHARE = 0.16, 0.16, 0.04  # of the negatives
THIN_PEN = 0.1  # a thicker pen hides what was struck out, and closes a bracket


@dataclass(frozen=True)
class Plan:
    """What is drawn.

    Attributes:
        rounds: times that each pen-written digit is drawn.
        styled: digits in rare styles in a round.
        negatives: drawings in a round that are not digits.
        seed: of everything random.
    """

    rounds: int
    styled: int
    negatives: int
    seed: int = 0


@dataclass(frozen=True)
class Pools:
    """Drawn digits and negatives.

    Attributes:
        images: (rounds, n, 28, 28) uint8, 255 = ink; the same n in each round.
        labels: (rounds, n) uint8; CLASSES is "not a digit".
    """

    images: Bytes
    labels: Bytes


def load_pools(pens: Sequence[PenDigit], plan: Plan, processes: int = 1, cache: Path | None = None) -> Pools:
    """Return the pools of a plan: from the folder `cache` if they are there, else drawn, and kept there if it is given.

    Cost: 2 to 3 ms of one process an image.
    """
    path = cache / f"digits-{_hash_inputs(pens, plan)}.npz" if cache else None
    if path and path.exists():
        with np.load(path, allow_pickle=False) as arrays:
            return Pools(arrays["images"], arrays["labels"])
    parts = list(_draw_parts(list(pens), plan, processes))
    rounds = [parts[first : first + PARTS] for first in range(0, len(parts), PARTS)]
    images = np.stack([np.concatenate([part[0] for part in round_]) for round_ in rounds])
    labels = np.stack([np.concatenate([part[1] for part in round_]) for round_ in rounds])
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("wb") as file:
            np.savez(file, images=images, labels=labels)
        unfinished.replace(path)
    return Pools(images, labels)


def _hash_inputs(pens: Sequence[PenDigit], plan: Plan) -> str:
    """Return a hash of all that the pools depend on: the digits, the plan, and the code that draws."""
    found = hashlib.sha256(f"{PREPROCESSING_VERSION} {plan}".encode())
    for path in sorted(Path(__file__).parent.glob("*")):
        if path.suffix in (".py", ".json"):
            found.update(path.read_bytes())
    for pen in pens:
        found.update(b"".join([bytes([pen.digit]), *(stroke.tobytes() for stroke in pen.strokes)]))
    return found.hexdigest()[:16]


def _draw_parts(pens: list[PenDigit], plan: Plan, processes: int) -> Iterator[tuple[Bytes, Bytes]]:
    tasks = [(round_, part) for round_ in range(plan.rounds) for part in range(PARTS)]
    if processes == 1:
        yield from map(partial(draw_part, pens, plan), tasks)
        return
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    with ProcessPoolExecutor(processes, context, initializer=_keep, initargs=(pens, plan)) as workers:
        yield from workers.map(_draw_kept, tasks)


_kept: list[tuple[list[PenDigit], Plan]] = []  # in a worker process: sent once, not with each task


def _keep(pens: list[PenDigit], plan: Plan) -> None:
    _kept.append((pens, plan))


def _draw_kept(task: tuple[int, int]) -> tuple[Bytes, Bytes]:
    return draw_part(*_kept[-1], task)


def draw_part(pens: list[PenDigit], plan: Plan, task: tuple[int, int]) -> tuple[Bytes, Bytes]:
    """Draw one of the PARTS of a round: an equal part of its pen-written and styled digits and of its negatives.

    Args:
        pens: all of them.
        plan: what to draw.
        task: the round and the part; both are part of the seed.
    """
    round_, part = task
    rng = np.random.default_rng([plan.seed, round_, part])
    styled, negatives = (len(range(part, count, PARTS)) for count in (plan.styled, plan.negatives))
    own = pens[part::PARTS]
    drawn = [(pen.digit, render_augmented(vary_pen_digit(pen.digit, pen.strokes, rng), rng)) for pen in own]
    drawn += [_draw_rare_style(rng) for _ in range(styled)]
    digits = [pen.strokes for pen in pens]
    drawn += [(CLASSES, _draw_negative(pens, digits, rng)) for _ in range(negatives)]
    images = np.round(np.array([image for _, image in drawn]).reshape(-1, SIDE, SIDE) * 255).astype(np.uint8)
    return images, np.array([label for label, _ in drawn], dtype=np.uint8)


def _draw_rare_style(rng: np.random.Generator) -> tuple[int, Ink]:
    if rng.uniform() < TEMPLATE_SHARE:
        templates = rare_digit_templates()
        digit, template = templates[int(rng.integers(len(templates)))]
        return digit, render_augmented(draw_template(template, rng, is_round=rng.uniform() < 0.8), rng)
    digit, strokes = draw_styled_digit(rng)
    return digit, render_augmented(strokes, rng, is_steady=digit == 1)


def _draw_negative(pens: list[PenDigit], digits: list[Strokes], rng: np.random.Generator) -> Ink:
    """Draw a struck-out digit, a sign, a slash, or a hard negative of another kind."""
    pick = rng.uniform()
    try:
        if pick < STRUCK_OUT_SHARE and pens:
            pen = pens[int(rng.integers(len(pens)))]
            return render_augmented(strike_out(pen.digit, pen.strokes, rng), rng, THIN_PEN)
        if pick < STRUCK_OUT_SHARE + SIGN_SHARE:
            templates = numeric_sign_templates()
            sign = draw_template(templates[int(rng.integers(len(templates)))], rng, is_round=rng.uniform() < 0.6)
            return render_augmented(sign, rng, THIN_PEN)
        if pick < STRUCK_OUT_SHARE + SIGN_SHARE + SLASH_SHARE:
            return render_augmented(draw_slash(rng), rng, is_steady=True)
        strokes = hard_negative_strokes(digits, rng)
        return render_augmented(strokes, rng) if strokes else draw_noise(rng)
    except BlankDrawing:
        return draw_noise(rng)
