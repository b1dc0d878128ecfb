"""Readers for tests, loaded by READER=tests.readers.Slow with TESTING=1: slow, constant, and those that break.

To the ones that break, a line that lies is poison: ink FLAT times as wide as high. Every other page is read as ever.
"""

import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from ml.recognition.reader import Reader
from ml.recognition.text_line import TextLine
from ml.types import DigitReading, Reading, Verdict

Pages = Sequence[TextLine]
FLAT = 4
POISON = {"strokes": [[[40, 140], [240, 140]]], "width": 280, "height": 280, "pen_px": 20}


class Slow(Reader):
    """Takes `takes_s` seconds longer for each page."""

    takes_s = 0.05

    def read(self, pages: Pages) -> list[Reading]:
        time.sleep(self.takes_s * len(pages))
        return super().read(pages)


class Slower(Slow):
    """So slow that four clients can easily send more than it reads, on any machine."""

    takes_s = 0.25


class Constant(Reader):
    """Reads a seven in everything, without the network."""

    def read(self, pages: Pages) -> list[Reading]:
        guess = DigitReading(7, 0.99, (0.001,) * 7 + (0.99, 0.001, 0.001), (0, 0, 9, 9), bytes(784))
        return [Reading("7", Verdict.DIGIT, 0.99, (guess,)) for _ in pages]


class Raising(Reader):
    """Raises at poison."""

    def read(self, pages: Pages) -> list[Reading]:
        if any(piece.width > FLAT * piece.height for line in pages for piece in line.components):
            self.suffer()
        return super().read(pages)

    def suffer(self) -> None:
        raise RuntimeError("poison")


class Crashing(Raising):
    """Dies of poison as a fault in a native library does."""

    def suffer(self) -> None:
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)


class OutOfMemory(Raising):
    """Dies of poison as the kernel ends who takes too much memory."""

    def suffer(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Endless(Raising):
    """Never returns from poison, and never lets go of the interpreter."""

    def suffer(self) -> None:
        re.match(r"(a+)+$", "a" * 64 + "b")


class DiesOnce(Reader):
    """Kills its process between reading and writing, the first time in its site."""

    def read(self, pages: Pages) -> list[Reading]:
        readings = super().read(pages)
        mark = Path(os.environ["INKLING_RUN_DIR"]) / "died-once"
        if pages and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return readings
