"""A line of ink spelled as a whole, by a small network of its own: how many digits run into one another, and which.

It is asked only where the digits' own network is not sure of what connected ink is.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from ml.preprocessing.ink import FAINTEST_INK, THINNEST_STROKE, WORKING_SIDE, Ink, ink_bounds
from ml.recognition.ctc import Floats, Text, frames_of, likeliest_text, log_chances
from ml.types import CLASSES

LEARNED = Path(__file__).with_name("line_recognizer.tflite")
FIELD, TALL, MARGIN = 32, 24, 4  # px: of the picture, of a digit in it, and of paper at its sides
FRAME = 2  # px of the picture's width
WIDTHS = 64  # a picture is filled up with paper to a multiple of so many px
MOST_WIDE = 512
SIGNS = CLASSES + 1  # ten digits, and what is none


@dataclass(frozen=True)
class Spelling:
    """What a line spells.

    chances: (frames, SIGNS + 1), of each sign and last of nothing new. at: the column of each sign, as ink was given.
    """

    chances: Floats
    text: Text
    at: tuple[float, ...]

    @property
    def is_number(self) -> bool:
        """Return whether it is several digits, and nothing but digits."""
        return len(self.text) > 1 and max(self.text) < CLASSES

    def rivals(self) -> tuple[Floats, float]:
        """Return (signs of the text, SIGNS) chances of what stands in each place, and the chance of so many signs.

        Each place's chances sum to 1: they are given that the other places hold what the text says.
        """
        texts = np.repeat(np.array([self.text]), len(self.text) * SIGNS, axis=0)
        places = np.repeat(np.arange(len(self.text)), SIGNS)
        texts[np.arange(len(texts)), places] = np.tile(np.arange(SIGNS), len(self.text))
        logs = log_chances(self.chances, texts).reshape(len(self.text), SIGNS)
        sums = np.logaddexp.reduce(logs, axis=1)
        own = logs[np.arange(len(self.text)), self.text]
        return np.exp(logs - sums[:, None]), float(np.exp(min(own[0] + (sums - own).sum(), 0.0)))


class Speller:
    """The network on the CPU. Not to be called by two threads at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._interpreters: dict[int, Any] = {}

    def spell(self, ink: Ink, tall: float, pen: float) -> Spelling:
        """Spell (h, w) ink in [0, 1]. tall, pen: the line's height and the pen's width, in its cells."""
        picture, scale, left = picture_of(ink, tall, pen)
        chances = self._chances(picture)
        text = likeliest_text(chances)
        at = [((frame + 0.5) * FRAME - MARGIN) / scale + left for frame in frames_of(chances, text)] if text else []
        return Spelling(chances, text, tuple(at))

    def _chances(self, picture: Ink) -> Floats:
        wide = -(-picture.shape[1] // WIDTHS) * WIDTHS
        whole = np.zeros((1, FIELD, wide), dtype=np.float32)
        whole[0, :, : picture.shape[1]] = picture
        interpreter = self._interpreter(wide)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], whole)
        interpreter.invoke()
        logits = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].astype(np.float64)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def _interpreter(self, wide: int) -> Any:
        if wide not in self._interpreters:
            from ai_edge_litert.interpreter import Interpreter

            interpreter = Interpreter(model_content=self._data, num_threads=1)
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (1, FIELD, wide))
            interpreter.allocate_tensors()
            self._interpreters[wide] = interpreter
        return self._interpreters[wide]


@cache
def shipped_speller() -> bytes:
    """Return the network that comes with the code."""
    return LEARNED.read_bytes()


def picture_of(ink: Ink, tall: float, pen: float) -> tuple[Ink, float, int]:
    """Return what the network sees of ink: (FIELD, w), a digit TALL px high; its px in a cell; and its first column.

    ink: (h, w) in [0, 1]. tall, pen: the line's height and the pen's width, in cells; a pen too thin is thickened, as
    for one digit. Raises BlankDrawing.
    """
    x0, y0, x1, y1 = ink_bounds(ink)
    inked = Image.fromarray(np.round(ink[y0:y1, x0:x1] * 255).astype(np.uint8))
    growth = max(round((THINNEST_STROKE * tall / WORKING_SIDE - pen) / 2), 0)
    if growth:
        framed = Image.new("L", (inked.width + 2 * growth, inked.height + 2 * growth))
        framed.paste(inked, (growth, growth))
        inked = framed.filter(ImageFilter.MaxFilter(2 * growth + 1))
    scale = min(TALL / tall, (FIELD - 2) / inked.height, (MOST_WIDE - 2 * MARGIN) / inked.width)
    size = max(1, round(inked.width * scale)), max(1, round(inked.height * scale))
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    small = np.asarray(inked.resize(size, way), dtype=np.float32) / 255
    picture = np.zeros((FIELD, size[0] + 2 * MARGIN), dtype=np.float32)
    top = (FIELD - size[1]) // 2
    picture[top : top + size[1], MARGIN : MARGIN + size[0]] = small / max(float(small.max()), FAINTEST_INK)
    return picture, scale, x0 - growth
