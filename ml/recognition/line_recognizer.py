"""Recognize a line of ink: the probabilities of each symbol along the line, from a network trained with CTC."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink
from ml.recognition.ctc import Floats
from ml.recognition.line_image import FIELD_PX
from ml.recognition.runtimes import Network
from ml.types import CROSSED_OUT, OTHER_INK, SIGNS

ALPHABET = "0123456789" + SIGNS + OTHER_INK + CROSSED_OUT
BLANK = 0  # the network's first output: no new symbol in this frame
OUTPUTS = 1 + len(ALPHABET)
FRAME_PX = 2  # of the image's width
WIDTH_STEP_PX = 32  # images are padded to a multiple of this width
SURELY_BLANK = 1 - 1e-5


@dataclass(frozen=True)
class Frames:
    """What the network sees along a line.

    Attributes:
        probabilities: (frames, OUTPUTS); each frame sums to 1.
        middles_px: (frames,) the middle of each, in the line's image.
    """

    probabilities: Floats
    middles_px: Floats


class LineRecognizer:
    """Recognize lines with a loaded network. Not thread-safe."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def find_frames(self, pixels: Ink) -> Frames:
        """Return the frames of an image, (FIELD_PX, w) in [0, 1].

        Of neighbours that surely show no symbol only the first is kept: the others, three of four frames, change the
        probability of no text.
        """
        width = -(-pixels.shape[1] // WIDTH_STEP_PX) * WIDTH_STEP_PX
        padded = np.zeros((1, FIELD_PX, width), dtype=np.float32)
        padded[0, :, : pixels.shape[1]] = pixels
        probabilities = softmax(self.network.logits(padded)[0].astype(np.float64))
        is_blank = probabilities[:, BLANK] > SURELY_BLANK
        kept = np.flatnonzero(~(is_blank & np.concatenate([[False], is_blank[:-1]])))
        return Frames(probabilities[kept], np.asarray((kept + 0.5) * FRAME_PX, np.float64))


def softmax(logits: Floats) -> Floats:
    """Return probabilities along the last axis."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def collapse(frames: NDArray[np.floating[Any]]) -> str:
    """Return the text of the likeliest symbol in each frame, (frames, OUTPUTS), without repeats and blanks."""
    best = frames.argmax(axis=-1)
    changes = best[np.concatenate([[True], best[1:] != best[:-1]])]
    return "".join(ALPHABET[code - 1] for code in changes.tolist() if code != BLANK)
