"""Learning the scorer: every edge's score is moved by how likely the edge is on any path, less on a right one."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ml.artifacts import Artifact
from ml.data.datasets import load_pen_digits, split_writers
from ml.recognition.candidate_scorer import FEATURES, CandidateScorer, Floats
from ml.recognition.reader import Reader
from ml.recognition.runtimes import load_network
from ml.training.lattice_samples import draw_lattices
from ml.training.lattices import Lattice, marginals

MEMBERS = 3  # learn apart and score together
HIDDEN, EPOCHS, BATCH = 48, 26, 48
RATE, DECAY = 3e-3, 0.03
WARMING = 50  # steps
UNTAUGHT = CandidateScorer(np.zeros((FEATURES, 1)), np.zeros(1), np.zeros(1))


def learn(
    lattices: Sequence[Lattice], seed: int, epochs: int = EPOCHS, tell: Callable[[int, float], object] = lambda *_: None
) -> CandidateScorer:
    """Return the scorer that makes the right paths of these lattices likely.

    The loss is -log of the right paths' share of all paths. tell: called with each epoch and its mean loss.
    Cost: a second for 1,000 lattices and epoch.
    """
    rng = np.random.default_rng(seed)
    rows = np.concatenate([lattice.features for lattice in lattices])
    middle, spread = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64) + 0.05
    weights = [rng.normal(0, (2 / FEATURES) ** 0.5, (FEATURES, HIDDEN)), np.zeros(HIDDEN), rng.normal(0, 0.2, HIDDEN)]
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in weights]
    step, steps = 0, epochs * math.ceil(len(lattices) / BATCH)
    for epoch in range(epochs):
        losses = []
        for batch in _batches(lattices, rng):
            x = (np.concatenate([lattice.features for lattice in batch]) - middle) / spread
            step += 1
            rate = RATE * min(step / WARMING, 1.0) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
            losses.append(_learn_from(batch, x, weights, moments, step, rate))
        tell(epoch, float(np.mean(losses)))
    folded = weights[0] / spread[:, None]
    return CandidateScorer(folded, weights[1] - middle @ folded, weights[2])


def _batches(lattices: Sequence[Lattice], rng: np.random.Generator) -> Iterator[list[Lattice]]:
    order = rng.permutation(len(lattices)).tolist()
    for start in range(0, len(order), BATCH):
        yield [lattices[place] for place in order[start : start + BATCH]]


def _learn_from(
    batch: Sequence[Lattice],
    x: Floats,
    weights: list[Floats],
    moments: list[tuple[Floats, Floats]],
    step: int,
    rate: float,
) -> float:
    """Take one step with some lattices, whose features one below the other are x; give their mean loss."""
    hidden = np.maximum(x @ weights[0] + weights[1], 0)
    loss, slope = loss_and_slope(batch, hidden @ weights[2])
    back = slope[:, None] * weights[2] * (hidden > 0)
    _move(weights, [x.T @ back, back.sum(axis=0), hidden.T @ slope], moments, step, rate)
    return loss


def loss_and_slope(batch: Sequence[Lattice], scores: Floats) -> tuple[float, Floats]:
    """Return the mean loss, and its gradient by each of the scores of all lattices' edges, (n,)."""
    loss, slopes, at = 0.0, [], 0
    for lattice in batch:
        own = scores[at : at + len(lattice.features)].tolist()
        free, total = marginals(lattice.every, lattice.last, own)
        bound, right = marginals(lattice.right, lattice.goal, own)
        slopes.append((free - bound) / len(batch))
        loss += (total - right) / len(batch)
        at += len(own)
    return loss, np.concatenate(slopes)


def _move(
    weights: list[Floats], gradients: list[Floats], moments: list[tuple[Floats, Floats]], step: int, rate: float
) -> None:
    """Take one step of Adam, in place."""
    for weight, gradient, (first, second) in zip(weights, gradients, moments, strict=True):
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient**2 - second)
        weight -= rate * (first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8) + DECAY * weight)


def learn_line(artifact: Artifact, data: Path, seed: int, share: float = 1.0) -> dict[str, Any]:
    """Return the scorer as it is kept: learned from training writers, its temperature from the calibrating ones.

    share: of the lessons, for a quick try. Cost: 15 CPU-minutes.
    """
    reader = Reader(load_network(artifact.format, artifact.data), artifact.card, UNTAUGHT)
    training, calibrating, _ = split_writers(load_pen_digits(data))
    rng = np.random.default_rng(seed)
    lattices = draw_lattices(reader, training, rng, share, lambda kind, count: print(f"{count} lattices, now {kind}"))
    members = []
    for member in range(MEMBERS):
        tell = partial(print, f"member {member + 1} of {MEMBERS}, epoch and loss:")
        members.append(learn(lattices, seed * MEMBERS + member, tell=tell))
    scorer = together(members)
    lattices = draw_lattices(reader, calibrating, rng, share / 5, lambda *_: None)
    temperature = fit_temperature(scorer, lattices)
    return replace(scorer, temperature=temperature).as_dict() | {"seed": seed, "network": artifact.name}


def together(members: Sequence[CandidateScorer]) -> CandidateScorer:
    """Return the scorer whose scores are the mean of these."""
    hidden, bias = np.hstack([one.hidden for one in members]), np.hstack([one.bias for one in members])
    return CandidateScorer(hidden, bias, np.hstack([one.out for one in members]) / len(members))


def fit_temperature(scorer: CandidateScorer, lattices: Sequence[Lattice]) -> float:
    """Return what to divide scores by so that right paths are as likely as is said."""
    scores = scorer.score(np.concatenate([lattice.features for lattice in lattices]))
    tried = np.exp(np.linspace(0, 1.6, 33))
    return float(tried[int(np.argmin([loss_and_slope(lattices, scores / one)[0] for one in tried]))])
