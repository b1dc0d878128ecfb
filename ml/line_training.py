"""Learning the scorer: every edge's score is moved by how likely the edge is on any path, less on a right one."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ml.lattices import Lattice, marginals
from ml.scorer import FEATURES, Floats, Scorer

HIDDEN, EPOCHS, BATCH = 32, 30, 48
RATE, DECAY = 3e-3, 2e-5
WARMING = 50  # steps


def learn(
    lattices: Sequence[Lattice], seed: int, epochs: int = EPOCHS, tell: Callable[[int, float], object] = lambda *_: None
) -> Scorer:
    """Give the scorer that makes the right paths of these lattices likely.

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
    return Scorer(folded, weights[1] - middle @ folded, weights[2])


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
    """Give the mean loss, and its gradient by each of the scores of all lattices' edges, (n,)."""
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
