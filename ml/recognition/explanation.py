"""Why a digit was read: what of the ink the network saw spoke for that digit, and what for the runner-up.

Only the network's answers are asked for, so any runtime will do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import FAINTEST_INK, Ink, ink_bounds
from ml.recognition.reader import Reader
from ml.types import CLASSES, SIDE

STRIDE_PX = 2
PATCH_PX = 1.2  # standard deviation: the patch is about as wide as a stroke
LEAST_WIPED = 0.5  # a patch that takes less ink than half a pixel's changes nothing worth asking for
LEAST_SPOKEN = 0.05  # what changes the log-odds by less speaks for neither
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "middle", "right")


@dataclass(frozen=True)
class Explanation:
    """Why one digit was read and not the runner-up, the likeliest of the other nine.

    log_odds: natural logarithm of how many times likelier the digit is than the runner-up; calibrated.
    heat: (28, 28) float64, how much `log_odds` falls if the ink around this pixel is wiped: what is above 0 spoke for
    the digit, what is below spoke for the runner-up; 0 where there is no ink.
    for_at, against_at: the place in the ink where most spoke for the digit and for the runner-up, such as "top left"
    or "middle"; None if nothing did.
    """

    digit: int
    runner_up: int
    log_odds: float
    heat: NDArray[np.float64]
    for_at: str | None
    against_at: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation ready for JSON."""
        return {
            "digit": self.digit,
            "runner_up": self.runner_up,
            "log_odds": round(self.log_odds, 3),
            "for_at": self.for_at,
            "against_at": self.against_at,
            "heat": np.round(self.heat, 2).tolist(),
        }


def explain(reader: Reader, inputs: Sequence[bytes], digits: Sequence[int]) -> list[Explanation]:
    """Explain each of `digits`, which were read from `inputs`, all of them in one batch.

    inputs: for each digit the 784 bytes that the network saw, row by row, 255 = ink.
    Cost: about 60 images through the network for a digit, 50 ms of a CPU.
    Source: occlusion, Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014), section 4.2;
    with a soft patch of paper, and log-odds against the runner-up in place of the probability, which hardly moves
    where the network is sure.
    """
    if not inputs:
        return []
    seen = [np.frombuffer(one, dtype=np.uint8).reshape(SIDE, SIDE) / np.float32(255) for one in inputs]
    patches = [_patches_on(ink) for ink in seen]
    wiped = [ink * (1 - masks) for ink, masks in zip(seen, patches, strict=True)]
    chances, _ = reader.calibration.chances(reader.network.logits(np.concatenate([np.stack(seen), *wiped])))
    logs = np.log(np.maximum(chances, np.finfo(np.float64).tiny))
    own, others = logs[: len(seen)], logs[len(seen) :]
    ends = np.cumsum([len(masks) for masks in patches])
    parts = np.split(others, ends[:-1])
    return [_explained(*each) for each in zip(digits, seen, patches, own, parts, strict=True)]


def _explained(digit: int, ink: Ink, masks: Ink, own: Ink, wiped: Ink) -> Explanation:
    """Return the explanation of one digit by its own log-chances, (10,), and those with each patch wiped, (n, 10)."""
    rest = np.where(np.arange(CLASSES) == digit, -np.inf, own)
    runner_up = int(rest.argmax())
    log_odds = own[digit] - own[runner_up]
    falls = log_odds - (wiped[:, digit] - wiped[:, runner_up])
    covered = np.maximum(masks.sum(axis=0), 1e-6)
    heat = np.where(ink > FAINTEST_INK, np.tensordot(falls, masks, axes=1) / covered, 0.0)
    return Explanation(digit, runner_up, float(log_odds), heat, _place_of_most(heat, ink), _place_of_most(-heat, ink))


def _patches_on(ink: Ink) -> Ink:
    """Return (n, 28, 28) in [0, 1]: the patches that would wipe ink; 1 in their middle."""
    patches = _patches()
    return patches[np.tensordot(patches, ink, axes=2) >= LEAST_WIPED]


@cache
def _patches() -> Ink:
    """Return (196, 28, 28) in [0, 1]: a soft round patch at every STRIDE_PX."""
    places = np.arange(STRIDE_PX / 2, SIDE, STRIDE_PX)
    profile = np.exp(-((np.arange(SIDE) + 0.5 - places[:, None]) ** 2) / (2 * PATCH_PX**2))
    patches = profile[:, None, :, None] * profile[None, :, None, :]
    return np.asarray(patches.reshape(-1, SIDE, SIDE), dtype=np.float32)


def _place_of_most(heat: NDArray[np.float64], ink: Ink) -> str | None:
    """Name where in the ink `heat` is greatest; None if it is nowhere much."""
    if heat.max() < LEAST_SPOKEN:
        return None
    left, top, right, bottom = ink_bounds(ink)
    y, x = np.unravel_index(int(heat.argmax()), heat.shape)
    row, column = ROWS[int(3 * (y - top) / (bottom - top))], COLUMNS[int(3 * (x - left) / (right - left))]
    return " ".join(dict.fromkeys(word for word in (row, column) if word != "middle")) or "middle"
