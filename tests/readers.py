"""Readers for tests, loaded by READER=tests.readers.Slow with TESTING=1: slow, constant and broken ones.

The broken ones fail on POISON, a horizontal line: ink more than FLAT times as wide as high. They read other pages
normally.
"""

import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from ml.expects import Expectation
from ml.recognition.reader import Reader
from ml.recognition.text_line import TextLine
from ml.types import DigitReading, Reading, Verdict

Pages = Sequence[TextLine]
Expectations = Sequence[Expectation | None] | None
FLAT = 4
POISON = {"strokes": [[[40, 140], [240, 140]]], "width": 280, "height": 280, "pen_px": 20}


class Slow(Reader):
    """Take `takes_s` seconds longer for each page."""

    takes_s = 0.05

    def read(self, pages: Pages, expectations: Expectations = None) -> list[Reading]:
        time.sleep(self.takes_s * len(pages))
        return super().read(pages, expectations)


class Slower(Slow):
    """Read so slowly that four clients can send more than it reads, on any machine."""

    takes_s = 0.25


class Constant(Reader):
    """Read everything as a seven, without the network."""

    def read(self, pages: Pages, expectations: Expectations = None) -> list[Reading]:
        guess = DigitReading(7, 0.99, (0.001,) * 7 + (0.99, 0.001, 0.001), (0, 0, 9, 9), bytes(784))
        return [Reading("7", Verdict.DIGIT, 0.99, (guess,)) for _ in pages]


class Misreading(Reader):
    """Read everything as a three, without the network."""

    def read(self, pages: Pages, expectations: Expectations = None) -> list[Reading]:
        guess = DigitReading(3, 0.99, (0.001,) * 3 + (0.99,) + (0.001,) * 6, (0, 0, 9, 9), bytes(784))
        return [Reading("3", Verdict.DIGIT, 0.99, (guess,)) for _ in pages]


class Raising(Reader):
    """Raise an exception on poison."""

    def read(self, pages: Pages, expectations: Expectations = None) -> list[Reading]:
        if any(piece.width > FLAT * piece.height for line in pages for piece in line.components):
            self.fail()
        return super().read(pages, expectations)

    def fail(self) -> None:
        raise RuntimeError("poison")


class Crashing(Raising):
    """Die of a segmentation fault on poison."""

    def fail(self) -> None:
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)


class OutOfMemory(Raising):
    """Die of SIGKILL on poison, as when out of memory."""

    def fail(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Endless(Raising):
    """Loop for ever on poison without releasing the interpreter lock."""

    def fail(self) -> None:
        re.match(r"(a+)+$", "a" * 64 + "b")


class DiesOnce(Reader):
    """Kill its process between reading and writing, once in each site."""

    def read(self, pages: Pages, expectations: Expectations = None) -> list[Reading]:
        readings = super().read(pages, expectations)
        mark = Path(os.environ["INKLING_RUN_DIR"]) / "died-once"
        if pages and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return readings
