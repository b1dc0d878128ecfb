"""Train the candidate scorer: maximize the probability of the correct paths through each page's lattice."""

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
from ml.recognition.loading import load_reader
from ml.training.lattice_samples import sample_lattices
from ml.training.lattices import Lattice, marginals

ENSEMBLE_SIZE = 3  # scorers trained separately and averaged
HIDDEN, EPOCHS, BATCH = 48, 26, 48
LEARNING_RATE, WEIGHT_DECAY = 3e-3, 0.03
WARMUP_STEPS = 50
UNTRAINED_SCORER = CandidateScorer(np.zeros((FEATURES, 1)), np.zeros(1), np.zeros(1))


def train_scorer(
    lattices: Sequence[Lattice],
    seed: int,
    epochs: int = EPOCHS,
    on_epoch: Callable[[int, float], object] = lambda *_: None,
) -> CandidateScorer:
    """Train one scorer with Adam.

    The loss is -log of the probability of the correct paths among all paths. Cost: a second for 1,000 lattices and
    epoch.

    Args:
        lattices: the training data.
        seed: of the initial weights and the order of the lattices.
        epochs: how many.
        on_epoch: called with the number of each epoch and its mean loss.
    """
    rng = np.random.default_rng(seed)
    rows = np.concatenate([lattice.features for lattice in lattices])
    mean, spread = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64) + 0.05
    weights = [rng.normal(0, (2 / FEATURES) ** 0.5, (FEATURES, HIDDEN)), np.zeros(HIDDEN), rng.normal(0, 0.2, HIDDEN)]
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in weights]
    step, steps = 0, epochs * math.ceil(len(lattices) / BATCH)
    for epoch in range(epochs):
        losses = []
        for batch in _batches(lattices, rng):
            x = (np.concatenate([lattice.features for lattice in batch]) - mean) / spread
            step += 1
            rate = LEARNING_RATE * min(step / WARMUP_STEPS, 1.0) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
            losses.append(_train_on_batch(batch, x, weights, moments, step, rate))
        on_epoch(epoch, float(np.mean(losses)))
    folded = weights[0] / spread[:, None]
    return CandidateScorer(folded, weights[1] - mean @ folded, weights[2])


def _batches(lattices: Sequence[Lattice], rng: np.random.Generator) -> Iterator[list[Lattice]]:
    order = rng.permutation(len(lattices)).tolist()
    for start in range(0, len(order), BATCH):
        yield [lattices[place] for place in order[start : start + BATCH]]


def _train_on_batch(
    batch: Sequence[Lattice],
    x: Floats,
    weights: list[Floats],
    moments: list[tuple[Floats, Floats]],
    step: int,
    rate: float,
) -> float:
    """Take one step on a batch whose stacked features are `x`; return its mean loss."""
    hidden = np.maximum(x @ weights[0] + weights[1], 0)
    loss, gradient = loss_and_gradient(batch, hidden @ weights[2])
    hidden_gradient = gradient[:, None] * weights[2] * (hidden > 0)
    gradients = [x.T @ hidden_gradient, hidden_gradient.sum(axis=0), hidden.T @ gradient]
    _adam_step(weights, gradients, moments, step, rate)
    return loss


def loss_and_gradient(batch: Sequence[Lattice], scores: Floats) -> tuple[float, Floats]:
    """Return the mean loss and its gradient with respect to `scores`, both over all lattices.

    scores: (n,), of all lattices' candidates in order. The gradient of a candidate's score is its marginal probability
    on any path less that on a correct path.
    """
    loss, gradients, at = 0.0, [], 0
    for lattice in batch:
        own = scores[at : at + len(lattice.features)].tolist()
        on_any, log_total = marginals(lattice.edges, lattice.last, own)
        on_correct, log_correct = marginals(lattice.correct_edges, lattice.goal, own)
        gradients.append((on_any - on_correct) / len(batch))
        loss += (log_total - log_correct) / len(batch)
        at += len(own)
    return loss, np.concatenate(gradients)


def _adam_step(
    weights: list[Floats], gradients: list[Floats], moments: list[tuple[Floats, Floats]], step: int, rate: float
) -> None:
    """Take one step of Adam, in place."""
    for weight, gradient, (first, second) in zip(weights, gradients, moments, strict=True):
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient**2 - second)
        weight -= rate * (
            first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8) + WEIGHT_DECAY * weight
        )


def train_candidate_scorer(artifacts: Sequence[Artifact], data: Path, seed: int, share: float = 1.0) -> dict[str, Any]:
    """Train the scorer for a digit network, and return it ready for JSON.

    The weights are trained on the training writers, the temperature is fitted on the calibration writers.
    Cost: 15 CPU-minutes.

    Args:
        artifacts: of the version that has the digit network.
        data: the data folder.
        seed: of everything random.
        share: of the training pages; less than 1 for a quick trial.
    """
    reader = load_reader(artifacts)
    reader.scorer = UNTRAINED_SCORER
    training_pens, calibration_pens, _ = split_writers(load_pen_digits(data))
    rng = np.random.default_rng(seed)
    lattices = sample_lattices(
        reader, training_pens, rng, share, lambda kind, count: print(f"{count} lattices after {kind}")
    )
    members = []
    for member in range(ENSEMBLE_SIZE):
        on_epoch = partial(print, f"scorer {member + 1} of {ENSEMBLE_SIZE}, epoch and loss:")
        members.append(train_scorer(lattices, seed * ENSEMBLE_SIZE + member, on_epoch=on_epoch))
    scorer = average_scorers(members)
    lattices = sample_lattices(reader, calibration_pens, rng, share / 5, lambda *_: None)
    temperature = fit_temperature(scorer, lattices)
    return replace(scorer, temperature=temperature).as_dict() | {"seed": seed, "network": artifacts[0].name}


def average_scorers(members: Sequence[CandidateScorer]) -> CandidateScorer:
    """Return one scorer whose scores are the mean of the members'."""
    hidden, bias = np.hstack([one.hidden for one in members]), np.hstack([one.bias for one in members])
    return CandidateScorer(hidden, bias, np.hstack([one.out for one in members]) / len(members))


def fit_temperature(scorer: CandidateScorer, lattices: Sequence[Lattice]) -> float:
    """Return the temperature in 1 .. 5 with the smallest loss on the lattices."""
    scores = scorer.score(np.concatenate([lattice.features for lattice in lattices]))
    temperatures = np.exp(np.linspace(0, 1.6, 33))
    losses = [loss_and_gradient(lattices, scores / temperature)[0] for temperature in temperatures]
    return float(temperatures[int(np.argmin(losses))])
