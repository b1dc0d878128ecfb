"""Pages of blocks instead of digits, and stub networks that see in each block what a test says."""

import numpy as np

from ml.preprocessing.ink import Page
from ml.recognition.decoder import CODES
from ml.recognition.line_recognizer import BLANK, FRAME_PX, OUTPUTS
from ml.recognition.reader import Reader
from ml.recognition.text_line import find_text_line
from ml.types import OTHER_INK

WIDTH, HEIGHT, PITCH, LEADING = 10, 40, 30, 80  # of a block; from one block and one line to the next
SURE = 0.999
CALIBRATION = {"temperature": 1.0, "slope": 1.0, "offset": 0.0}
NOTHING = 1e-6  # the probability of what is not named


def draw_blocks(*counts, scale=1.0, offset=(0.0, 0.0)):
    """Return a page with so many blocks on each line."""
    ink = np.zeros((len(counts) * LEADING, max(counts) * PITCH + 20), dtype=np.float32)
    for row, count in enumerate(counts):
        for place in range(count):
            left, top = 10 + place * PITCH, 20 + row * LEADING
            ink[top : top + HEIGHT, left : left + WIDTH] = 1
    return page_of(ink, scale, offset)


def page_of(ink, scale=1.0, offset=(0.0, 0.0)):
    """Return a page with this ink, (h, w)."""
    height, width = ink.shape
    return Page(ink.astype(np.float32), scale, offset, (width / scale, height / scale))


def line_of(*counts, **options):
    """Return the text line of a page of blocks."""
    return find_text_line(draw_blocks(*counts, **options))


class StubLineNetwork:
    """Return for each line, in turn, the symbols of its blocks.

    A line is a sequence of symbols, or of the probabilities of several at one block; "" for nothing recognized.
    """

    def __init__(self, *lines):
        self._lines = iter(lines)

    def logits(self, x):
        found = np.full((x.shape[2] // FRAME_PX, OUTPUTS), NOTHING)
        found[:, BLANK] = 1
        for column, symbols in zip(middles(x[0]), next(self._lines), strict=False):
            chances = {symbols: SURE} if isinstance(symbols, str) else symbols
            row = found[int(column / FRAME_PX)]
            row[BLANK] = max(1 - sum(chances.values()), NOTHING)
            for symbol, chance in chances.items():
                row[CODES[symbol]] = chance
        return np.log(found / found.sum(axis=1, keepdims=True)).astype(np.float32)[None]


def middles(pixels):
    """Return the middle column of each block of an image."""
    inked = np.concatenate([[0], (pixels.max(axis=0) > 0.5).astype(int), [0]])
    return (np.flatnonzero(np.diff(inked) == 1) + np.flatnonzero(np.diff(inked) == -1)) / 2


class StubDigitNetwork:
    """Return for each image, in turn, the digit that a test says; OTHER_INK for none.

    A dictionary gives the probabilities of several.
    """

    runtime, device = "stub", "cpu"

    def __init__(self, *opinions):
        self._opinions = iter(opinions)
        self.batches = []

    def logits(self, x):
        self.batches.append(len(x))
        found = np.full((len(x), 11), NOTHING)
        for row in found:
            opinion = next(self._opinions)
            for symbol, chance in ({opinion: SURE} if isinstance(opinion, str) else opinion).items():
                row[int(symbol) if symbol.isdigit() else 10] = chance
        return np.log(found).astype(np.float32)


def reader_of(*lines, opinions=None, **decision):
    """Return a reader that sees these lines; its digit network agrees with them, unless `opinions` are given."""
    if opinions is None:
        likeliest = [one if isinstance(one, str) else max(one, key=one.get) for line in lines for one in line or "?"]
        opinions = [symbol if symbol.isdigit() else OTHER_INK for symbol in likeliest]
    card = {"calibration": CALIBRATION, "decoder": decision}
    return Reader(StubDigitNetwork(*opinions), card, StubLineNetwork(*lines))
