"""Texts spelled by a row of frames, each showing a sign or nothing: how likely each text is, and where its signs are.

Source: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist temporal classification: labelling unsegmented sequence
data with recurrent neural networks" (2006), sections 3 and 4: a text is all ways to spread its signs over the frames.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Text = tuple[int, ...]

BEAM = 8  # beginnings of texts that are kept at each frame
LEAST = 1e-3  # a sign less likely than that does not begin a text of its own


def likeliest_text(chances: Floats) -> Text:
    """Return the likeliest text of (frames, signs + 1) chances, the last of which is "nothing new here".

    By prefix search: the ways to a text are summed, whatever frames its signs are in.
    """
    nothing = chances.shape[1] - 1
    found: dict[Text, tuple[float, float]] = {(): (1.0, 0.0)}  # by ways that end with nothing, and with the last sign
    for row in chances.tolist():
        seen = [sign for sign in range(nothing) if row[sign] > LEAST]
        grown: dict[Text, tuple[float, float]] = {}
        for text, (with_nothing, with_sign) in found.items():
            last = text[-1] if text else None
            kept = grown.get(text, (0.0, 0.0))
            stays = with_sign * row[last] if last is not None else 0.0
            grown[text] = kept[0] + (with_nothing + with_sign) * row[nothing], kept[1] + stays
            for sign in seen:
                longer = (*text, sign)
                kept = grown.get(longer, (0.0, 0.0))
                grown[longer] = kept[0], kept[1] + (with_nothing + (with_sign if sign != last else 0.0)) * row[sign]
        best = sorted(grown.items(), key=lambda item: -sum(item[1]))[:BEAM]
        most = sum(best[0][1]) or 1.0  # only their proportions count
        found = {text: (one / most, other / most) for text, (one, other) in best}
    return max(found, key=lambda text: sum(found[text]))


def log_chances(chances: Floats, texts: NDArray[np.int64]) -> Floats:
    """Return (n,): the natural logarithm of the chance of each of `texts`, (n, length), all equally long."""
    signs = _with_gaps(texts, chances.shape[1] - 1)
    may_skip = np.zeros(signs.shape)
    may_skip[:, 3::2] = texts[:, 1:] != texts[:, :-1]
    shown = chances[:, signs]  # (frames, n, states)
    mass = np.zeros(signs.shape)
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


def frames_of(chances: Floats, text: Text) -> list[float]:
    """Return the frame in which each sign of a text is likeliest shown: the middle of its own on the best of all ways."""
    signs = _with_gaps(np.array([text]), chances.shape[1] - 1)[0]
    shown = np.log(np.maximum(chances, 1e-30))[:, signs]
    may_skip = np.full(len(signs), -np.inf)
    may_skip[3::2] = np.where(signs[3::2] != signs[1:-2:2], 0.0, -np.inf)
    best = np.full(len(signs), -np.inf)
    best[:2] = shown[0, :2]
    came = np.zeros((len(chances), len(signs)), dtype=np.int64)
    for frame in range(1, len(chances)):
        ways = np.stack([best, _shifted(best, 1), _shifted(best, 2) + may_skip])
        came[frame] = ways.argmax(axis=0)
        best = ways.max(axis=0) + shown[frame]
    state = len(signs) - 1 if best[-1] > best[-2] else len(signs) - 2
    frames: list[list[int]] = [[] for _ in text]
    for frame in range(len(chances) - 1, -1, -1):
        if state % 2:
            frames[state // 2].append(frame)
        state -= came[frame, state]
    return [float(np.mean(own)) for own in frames]


def _with_gaps(texts: NDArray[np.int64], nothing: int) -> NDArray[np.int64]:
    """Return (n, 2 * length + 1): nothing before, between and behind the signs."""
    signs = np.full((len(texts), 2 * texts.shape[1] + 1), nothing)
    signs[:, 1::2] = texts
    return signs


def _shifted(values: Floats, by: int) -> Floats:
    return np.concatenate([np.full(by, -np.inf), values[:-by]])
