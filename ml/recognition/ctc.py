"""Connectionist temporal classification: beam search for the likeliest texts, their likelihoods, and alignment.

Source: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist temporal classification: labelling unsegmented sequence
data with recurrent neural networks" (2006), sections 3 and 4. A text is a tuple of codes from 1 on; the first column of
`probabilities`, (frames, codes + 1), is the blank.
"""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Text = tuple[int, ...]

BLANK = 0
BEAM_WIDTH = 10
LONG_STATES = 40
MIN_PROBABILITY = 2e-3  # a less likely code does not extend a prefix


class Constraint(Protocol):
    """Which codes may follow one another, as an automaton."""

    def start(self) -> int:
        """Return the state before the first code."""

    def step(self, state: int, code: int) -> int | None:
        """Return the state after a code, or None if it may not stand there."""

    def is_final(self, state: int) -> bool:
        """Return whether a text may end in a state."""


def search_beam(probabilities: Floats, constraint: Constraint | None = None) -> dict[Text, float]:
    """Return the likeliest texts and their probabilities, by prefix beam search; those alone that fit a constraint.

    The search sums over all alignments of each prefix. Texts that fell out of the beam are missing from the sums.
    """
    least = MIN_PROBABILITY if constraint is None else MIN_PROBABILITY / 100  # what is expected may be unlikely
    found: dict[Text, tuple[float, float]] = {(): (1.0, 0.0)}  # over alignments that end in blank, and in the last code
    states: dict[Text, int] = {(): constraint.start()} if constraint else {}
    log_scale = 0.0
    for row in probabilities.tolist():
        seen = [code for code in range(1, len(row)) if row[code] > least]
        grown: dict[Text, tuple[float, float]] = {}
        for text, (with_blank, with_code) in found.items():
            last = text[-1] if text else BLANK
            kept = grown.get(text, (0.0, 0.0))
            stays = with_code * row[last] if text else 0.0
            grown[text] = kept[0] + (with_blank + with_code) * row[BLANK], kept[1] + stays
            for code in seen:
                longer = (*text, code)
                if constraint and longer not in states:
                    state = constraint.step(states[text], code)
                    if state is None:
                        continue
                    states[longer] = state
                kept = grown.get(longer, (0.0, 0.0))
                grown[longer] = kept[0], kept[1] + (with_blank + (with_code if code != last else 0.0)) * row[code]
        best = sorted(grown.items(), key=lambda item: -sum(item[1]))[:BEAM_WIDTH]
        most = sum(best[0][1]) or 1e-300
        log_scale += float(np.log(most))
        found = {text: (one / most, other / most) for text, (one, other) in best}
    ended = {text: sum(both) * float(np.exp(log_scale)) for text, both in found.items()}
    return {text: mass for text, mass in ended.items() if not constraint or constraint.is_final(states[text])}


def log_likelihood(probabilities: Floats, text: Text) -> float:
    """Return the log likelihood of one text, by the forward algorithm; faster for one than `log_likelihoods`."""
    codes = [BLANK, *(code for symbol in text for code in (symbol, BLANK))]
    may_skip = [place > 2 and place % 2 == 1 and code != codes[place - 2] for place, code in enumerate(codes)]
    rows = probabilities[:, codes].tolist()
    mass, total = rows[0][:2] + [0.0] * (len(codes) - 2), 0.0
    for row in rows[1:]:
        moved, before, earlier = [], 0.0, 0.0
        for own, here, skips in zip(row, mass, may_skip, strict=True):
            moved.append((here + before + (earlier if skips else 0.0)) * own)
            before, earlier = here, before
        scale = sum(moved) or 1e-300
        total += math.log(scale)
        mass = [one / scale for one in moved]
    return total + math.log(max(mass[-1] + mass[-2], 1e-300))


def log_likelihoods(probabilities: Floats, texts: NDArray[np.int64]) -> Floats:
    """Return (n,) log likelihoods of `texts`, (n, length), by the forward algorithm."""
    codes = _with_blanks(texts)
    may_skip = np.zeros(codes.shape)
    may_skip[:, 3::2] = texts[:, 1:] != texts[:, :-1]
    shown = probabilities[:, codes]  # (frames, n, states)
    mass = np.zeros(codes.shape)
    mass[:, :2] = shown[0, :, :2]
    total = np.zeros(len(texts))
    for row in shown[1:]:
        moved = mass.copy()
        moved[:, 1:] += mass[:, :-1]
        moved[:, 2:] += mass[:, :-2] * may_skip[:, 2:]
        mass = moved * row
        scale = np.maximum(mass.sum(axis=1), 1e-300)
        total += np.log(scale)
        mass /= scale[:, None]
    return np.asarray(total + np.log(np.maximum(mass[:, -2:].sum(axis=1), 1e-300)))


def log_odds_of_substitutes(
    probabilities: Floats, codes: NDArray[np.int64], places: NDArray[np.int64], tried: NDArray[np.int64]
) -> Floats:
    """Return (n,) log likelihoods of texts that differ from `codes` at one place, less the log likelihood of `codes`.

    The forward and backward masses of `codes` are shared: before and behind a place all of these texts are alike. So n
    texts cost what n symbols cost, however long they are.

    Args:
        probabilities: (frames, codes + 1).
        codes: (length,) the text.
        places, tried: (n,) which of its codes is replaced, and by which.
    """
    forward, forward_log = _forward(probabilities, codes)
    backward, backward_log = _forward(probabilities[::-1], codes[::-1])
    backward, backward_log = backward[::-1, ::-1], backward_log[::-1]  # with the emission of each frame
    whole = forward_log[-1] + math.log(max(forward[-1, -2:].sum(), 1e-300))
    states = 2 * places + 1
    framed = np.concatenate([[BLANK], codes, [BLANK]])  # a tried code is never blank
    after_other = (tried != framed[places]) & (places > 0)
    before_other = (tried != framed[places + 2]) & (places < len(codes) - 1)
    own = probabilities[:, tried]
    inside = np.where(places == 0, own[0], 0.0)
    found = np.zeros(len(tried))
    for frame in range(len(own)):
        if frame:
            entering = forward[frame - 1, states - 1] + forward[frame - 1, np.maximum(states - 2, 0)] * after_other
            step = math.exp(forward_log[frame - 1] - forward_log[frame])
            inside = (inside * step + entering * step) * own[frame]
        else:
            inside = inside * math.exp(-forward_log[0])
        if frame + 1 < len(own):
            ahead = backward[frame + 1]
            leaving = ahead[states + 1] + ahead[np.minimum(states + 2, len(ahead) - 1)] * before_other
            found += inside * leaving * math.exp(min(forward_log[frame] + backward_log[frame + 1] - whole, 700.0))
        else:
            found += inside * (places == len(codes) - 1) * math.exp(min(forward_log[frame] - whole, 700.0))
    return np.asarray(np.log(np.maximum(found, 1e-300)))


def _forward(probabilities: Floats, codes: NDArray[np.int64]) -> tuple[Floats, list[float]]:
    """Return (frames, states) forward masses of a text, each row scaled to 1, and the logs of their scales."""
    with_blanks = _with_blanks(codes[None])[0]
    may_skip = np.zeros(len(with_blanks))
    may_skip[3::2] = codes[1:] != codes[:-1]
    shown = probabilities[:, with_blanks]
    masses, logs, total = np.zeros(shown.shape), [], 0.0
    mass = np.zeros(len(with_blanks))
    mass[:2] = shown[0, :2]
    for frame, row in enumerate(shown):
        if frame:
            moved = mass.copy()
            moved[1:] += mass[:-1]
            moved[2:] += mass[:-2] * may_skip[2:]
            mass = moved * row
        scale = max(float(mass.sum()), 1e-300)
        total += math.log(scale)
        mass = mass / scale
        masses[frame] = mass
        logs.append(total)
    return masses, logs


def align_frames(probabilities: Floats, text: Text) -> list[float]:
    """Return the mean frame of each code of a text in its likeliest alignment, by the Viterbi algorithm."""
    codes = [BLANK, *(code for symbol in text for code in (symbol, BLANK))]
    may_skip = [place > 2 and place % 2 == 1 and code != codes[place - 2] for place, code in enumerate(codes)]
    rows = np.log(np.maximum(probabilities, 1e-30))[:, codes]
    best, came = (_trace_long if len(codes) > LONG_STATES else _trace_short)(rows, may_skip)
    state = len(codes) - 1 if best[-1] > best[-2] else len(codes) - 2
    frames: list[list[int]] = [[] for _ in text]
    for frame in range(len(rows) - 1, -1, -1):
        if state % 2:
            frames[state // 2].append(frame)
        if frame:
            state -= came[frame - 1][state]
    return [sum(own) / len(own) for own in frames]


def _trace_short(rows: Floats, may_skip: list[bool]) -> tuple[list[float], list[list[int]]]:
    """Return the log mass of the likeliest path to each last state, and by how many states each step of a path went.

    Faster than `_trace_long` for the usual few symbols.
    """
    best = rows[0, :2].tolist() + [-np.inf] * (len(may_skip) - 2)
    came = []
    for row in rows[1:].tolist():
        moved, steps = [], []
        for place, own in enumerate(row):
            stay, step = best[place], 0
            if place and best[place - 1] > stay:
                stay, step = best[place - 1], 1
            if may_skip[place] and best[place - 2] > stay:
                stay, step = best[place - 2], 2
            moved.append(stay + own)
            steps.append(step)
        best = moved
        came.append(steps)
    return best, came


def _trace_long(rows: Floats, may_skip: list[bool]) -> tuple[list[float], list[list[int]]]:
    """Return what `_trace_short` does."""
    never = np.where(may_skip, 0.0, -np.inf)[2:]
    paths = np.full((3, len(may_skip)), -np.inf)  # to each state, from itself and from the two before
    best = np.full(len(may_skip), -np.inf)
    best[:2] = rows[0, :2]
    came = []
    for row in rows[1:]:
        paths[0], paths[1, 1:], paths[2, 2:] = best, best[:-1], best[:-2] + never
        came.append(paths.argmax(axis=0))
        best = paths.max(axis=0) + row
    return best.tolist(), np.array(came).tolist()


def _with_blanks(texts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (n, 2 * length + 1): the texts with blanks before, between and after their codes."""
    codes = np.full((len(texts), 2 * texts.shape[1] + 1), BLANK)
    codes[:, 1::2] = texts
    return codes
