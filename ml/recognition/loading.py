"""Load the reader of a model version from its artifacts, which the caller has verified."""

from collections.abc import Iterable, Sequence

from ml.artifacts import DIGIT_SUFFIXES, LINE_SUFFIXES, Artifact, choose
from ml.recognition.reader import Reader
from ml.recognition.runtimes import load_network

PREFERRED = ("litert", "keras", "line-litert", "line-keras")


def load_reader(
    artifacts: Iterable[Artifact],
    formats: Sequence[str] = PREFERRED,
    threads: int = 1,
    reader: type[Reader] = Reader,
) -> Reader:
    """Return the reader of one version: its digit network, its line recognizer, and the settings of its card.

    A version without a line recognizer gives a reader that can explain digits but not read.

    Args:
        artifacts: of one version.
        formats: which to load, preferred ones first.
        threads: of each network.
        reader: the class to construct.

    Raises:
        LookupError: if there is no digit network in one of the formats.
    """
    artifacts = list(artifacts)
    digits = choose(artifacts, [name for name in formats if name in DIGIT_SUFFIXES])
    line = choose(artifacts, [name for name in formats if name in LINE_SUFFIXES])
    if digits is None:
        raise LookupError(f"There is no digit network as {' or '.join(formats)}.")
    network = load_network(digits.format, digits.data, threads)
    line_network = load_network(line.format, line.data, threads) if line else None
    return reader(network, digits.card, line_network)
