"""A reader without a network, for tests of what a worker does with it."""

from dataclasses import dataclass
from types import SimpleNamespace

from ml.types import DigitReading, Reading, Verdict


@dataclass
class StubReader:
    """Read everything as a 7, or raise `error`. `batches` collects how many drawings each pass had."""

    error: Exception | None = None
    network = SimpleNamespace(runtime="stub", device="none")
    batches: list[int] | None = None

    def read(self, pages):
        if self.error:
            raise self.error
        if self.batches is not None:
            self.batches.append(len(pages))
        guess = DigitReading(7, 0.9, (0.1,) * 10, (0, 0, 1, 1), bytes(784))
        return [Reading("7", Verdict.DIGIT, 0.9, (guess,)) for _ in pages]
