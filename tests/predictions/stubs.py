"""A reader without a network, for tests of what a worker does with it."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from ml.types import DigitReading, Reading, Verdict


@dataclass
class StubReader:
    """Read everything as `reading`, a 7 by default, or raise `error`.

    `batches` collects how many drawings each pass had, `expected` what was expected of each drawing.
    """

    error: Exception | None = None
    network = SimpleNamespace(runtime="stub", device="none")
    batches: list[int] | None = None
    reading: Reading | None = None
    expected: list = field(default_factory=list)

    def read(self, pages, expectations=None):
        if self.error:
            raise self.error
        if self.batches is not None:
            self.batches.append(len(pages))
        self.expected += expectations or [None] * len(pages)
        guess = DigitReading(7, 0.9, (0.1,) * 10, (0, 0, 1, 1), bytes(784))
        return [self.reading or Reading("7", Verdict.DIGIT, 0.9, (guess,)) for _ in pages]
