"""Recognize a whole line with CTC, where digits touch: how many digits there are, which, and where.

Used only where the digit network is unsure about connected ink.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from ml.preprocessing.ink import MIN_INK, Ink, ink_bounds
from ml.preprocessing.normalization import MIN_STROKE, WORKING_SIDE
from ml.recognition.ctc import Floats, Text, align_frames, log_likelihoods, search_beam
from ml.recognition.runtimes import LineNetwork
from ml.types import CLASSES

FIELD, TALL, MARGIN = 32, 24, 4  # px: height of the input, height of a digit in it, and paper left and right
FRAME = 2  # px of the input's width
WIDTH_STEP = 64  # px: inputs are padded to a multiple of this width
MAX_WIDTH = 512  # px
SYMBOLS = CLASSES + 1  # ten digits, and "not a digit"


@dataclass(frozen=True)
class Transcription:
    """What a line was recognized as.

    Attributes:
        probabilities: (frames, SYMBOLS + 1); the last is the blank.
        symbol_columns: the column of each symbol of `text`, in the ink's cells.
    """

    probabilities: Floats
    text: Text
    symbol_columns: tuple[float, ...]

    @property
    def is_number(self) -> bool:
        """Return whether it is several digits and nothing else."""
        return len(self.text) > 1 and max(self.text) < CLASSES

    def alternatives(self) -> tuple[Floats, float]:
        """Return (length, SYMBOLS) probabilities of each symbol of the text, and the probability of its length.

        The probabilities of each symbol are given all the others, and sum to 1.
        """
        texts = np.repeat(np.array([self.text]), len(self.text) * SYMBOLS, axis=0)
        places = np.repeat(np.arange(len(self.text)), SYMBOLS)
        texts[np.arange(len(texts)), places] = np.tile(np.arange(SYMBOLS), len(self.text))
        logs = log_likelihoods(self.probabilities, texts).reshape(len(self.text), SYMBOLS)
        sums = np.logaddexp.reduce(logs, axis=1)
        own = logs[np.arange(len(self.text)), self.text]
        return np.exp(logs - sums[:, None]), float(np.exp(min(own[0] + (sums - own).sum(), 0.0)))


class LineRecognizer:
    """Recognize lines with a loaded network. Not thread-safe."""

    def __init__(self, network: LineNetwork) -> None:
        self.network = network

    def recognize(self, ink: Ink, line_height: float, pen_width: float) -> Transcription:
        """Recognize (h, w) ink in [0, 1]; line_height and pen_width are in its cells."""
        picture, scale, left = line_image(ink, line_height, pen_width)
        probabilities = self._probabilities(picture)
        text = search_beam(probabilities)
        frames = align_frames(probabilities, text) if text else []
        columns = [((frame + 0.5) * FRAME - MARGIN) / scale + left for frame in frames]
        return Transcription(probabilities, text, tuple(columns))

    def _probabilities(self, picture: Ink) -> Floats:
        width = -(-picture.shape[1] // WIDTH_STEP) * WIDTH_STEP
        padded = np.zeros((1, FIELD, width), dtype=np.float32)
        padded[0, :, : picture.shape[1]] = picture
        logits = self.network.logits(padded)[0].astype(np.float64)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def line_image(ink: Ink, line_height: float, pen_width: float) -> tuple[Ink, float, int]:
    """Scale a line to the network's input, with strokes as thick as `normalize` makes them.

    Args:
        ink: (h, w) in [0, 1].
        line_height: in cells.
        pen_width: in cells.

    Returns:
        The input, (FIELD, w), in which a digit is TALL px high; its px per cell; and the column of its first ink.

    Raises:
        BlankDrawing: if there is no ink.
    """
    x0, y0, x1, y1 = ink_bounds(ink)
    inked = Image.fromarray(np.round(ink[y0:y1, x0:x1] * 255).astype(np.uint8))
    growth = max(round((MIN_STROKE * line_height / WORKING_SIDE - pen_width) / 2), 0)
    if growth:
        framed = Image.new("L", (inked.width + 2 * growth, inked.height + 2 * growth))
        framed.paste(inked, (growth, growth))
        inked = framed.filter(ImageFilter.MaxFilter(2 * growth + 1))
    scale = min(TALL / line_height, (FIELD - 2) / inked.height, (MAX_WIDTH - 2 * MARGIN) / inked.width)
    size = max(1, round(inked.width * scale)), max(1, round(inked.height * scale))
    method = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    small = np.asarray(inked.resize(size, method), dtype=np.float32) / 255
    picture = np.zeros((FIELD, size[0] + 2 * MARGIN), dtype=np.float32)
    top = (FIELD - size[1]) // 2
    picture[top : top + size[1], MARGIN : MARGIN + size[0]] = small / max(float(small.max()), MIN_INK)
    return picture, scale, x0 - growth
