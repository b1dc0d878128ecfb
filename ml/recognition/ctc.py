"""Connectionist temporal classification: the likelihood of a text, beam search for the best one, and its alignment.

Source: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist temporal classification: labelling unsegmented sequence
data with recurrent neural networks" (2006), sections 3 and 4. A text is a tuple of symbols; the last column of
`probabilities`, (frames, symbols + 1), is the blank.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Text = tuple[int, ...]

BEAM_WIDTH = 8
MIN_PROBABILITY = 1e-3  # a less likely symbol does not extend a prefix


def search_beam(probabilities: Floats) -> Text:
    """Return the likeliest text, by prefix beam search, which sums over all alignments of each prefix."""
    blank = probabilities.shape[1] - 1
    found: dict[Text, tuple[float, float]] = {
        (): (1.0, 0.0)
    }  # sums over alignments that end in blank, and in the last symbol
    for row in probabilities.tolist():
        seen = [symbol for symbol in range(blank) if row[symbol] > MIN_PROBABILITY]
        grown: dict[Text, tuple[float, float]] = {}
        for text, (with_blank, with_symbol) in found.items():
            last = text[-1] if text else None
            kept = grown.get(text, (0.0, 0.0))
            stays = with_symbol * row[last] if last is not None else 0.0
            grown[text] = kept[0] + (with_blank + with_symbol) * row[blank], kept[1] + stays
            for symbol in seen:
                longer = (*text, symbol)
                kept = grown.get(longer, (0.0, 0.0))
                grown[longer] = kept[0], kept[1] + (with_blank + (with_symbol if symbol != last else 0.0)) * row[symbol]
        best = sorted(grown.items(), key=lambda item: -sum(item[1]))[:BEAM_WIDTH]
        most = sum(best[0][1]) or 1.0  # only the proportions matter
        found = {text: (one / most, other / most) for text, (one, other) in best}
    return max(found, key=lambda text: sum(found[text]))


def log_likelihoods(probabilities: Floats, texts: NDArray[np.int64]) -> Floats:
    """Return (n,) log likelihoods of `texts`, (n, length), by the forward algorithm."""
    symbols = _with_blanks(texts, probabilities.shape[1] - 1)
    may_skip = np.zeros(symbols.shape)
    may_skip[:, 3::2] = texts[:, 1:] != texts[:, :-1]
    shown = probabilities[:, symbols]  # (frames, n, states)
    mass = np.zeros(symbols.shape)
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


def align_frames(probabilities: Floats, text: Text) -> list[float]:
    """Return the mean frame of each symbol of a text in its likeliest alignment, by the Viterbi algorithm."""
    symbols = _with_blanks(np.array([text]), probabilities.shape[1] - 1)[0]
    shown = np.log(np.maximum(probabilities, 1e-30))[:, symbols]
    may_skip = np.full(len(symbols), -np.inf)
    may_skip[3::2] = np.where(symbols[3::2] != symbols[1:-2:2], 0.0, -np.inf)
    best = np.full(len(symbols), -np.inf)
    best[:2] = shown[0, :2]
    came = np.zeros((len(probabilities), len(symbols)), dtype=np.int64)
    for frame in range(1, len(probabilities)):
        ways = np.stack([best, _shifted(best, 1), _shifted(best, 2) + may_skip])
        came[frame] = ways.argmax(axis=0)
        best = ways.max(axis=0) + shown[frame]
    state = len(symbols) - 1 if best[-1] > best[-2] else len(symbols) - 2
    frames: list[list[int]] = [[] for _ in text]
    for frame in range(len(probabilities) - 1, -1, -1):
        if state % 2:
            frames[state // 2].append(frame)
        state -= came[frame, state]
    return [float(np.mean(own)) for own in frames]


def _with_blanks(texts: NDArray[np.int64], blank: int) -> NDArray[np.int64]:
    """Return (n, 2 * length + 1): the texts with blanks before, between and after their symbols."""
    symbols = np.full((len(texts), 2 * texts.shape[1] + 1), blank)
    symbols[:, 1::2] = texts
    return symbols


def _shifted(values: Floats, by: int) -> Floats:
    return np.concatenate([np.full(by, -np.inf), values[:-by]])
