"""Recognize a line of ink: the probabilities of each symbol along the line, from a network trained with CTC."""

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


class LineRecognizer:
    """Recognize lines with a loaded network. Not thread-safe."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def frame_probabilities(self, pixels: Ink) -> Floats:
        """Return (frames, OUTPUTS) for an image, (FIELD_PX, w) in [0, 1]; each frame sums to 1."""
        width = -(-pixels.shape[1] // WIDTH_STEP_PX) * WIDTH_STEP_PX
        padded = np.zeros((1, FIELD_PX, width), dtype=np.float32)
        padded[0, :, : pixels.shape[1]] = pixels
        return softmax(self.network.logits(padded)[0].astype(np.float64))


def softmax(logits: Floats) -> Floats:
    """Return probabilities along the last axis."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def collapse(frames: NDArray[np.floating[Any]]) -> str:
    """Return the text of the likeliest symbol in each frame, (frames, OUTPUTS), without repeats and blanks."""
    best = frames.argmax(axis=-1)
    changes = best[np.concatenate([[True], best[1:] != best[:-1]])]
    return "".join(ALPHABET[code - 1] for code in changes.tolist() if code != BLANK)
