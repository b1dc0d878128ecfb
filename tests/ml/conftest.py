"""The shipped network, loaded once."""

import numpy as np
import pytest

from ml.artifacts import shipped
from ml.ink import Page
from ml.line import Box, Edge, Line, Place
from ml.runtime import load_network


def line_of(*candidates):
    """Give a line of these candidates and no others, side by side."""
    count, nothing = len(candidates), np.zeros((1, 1))
    pieces = [Box(place * 10, 0, place * 10 + 3, 10) for place in range(count)]
    edges = [
        Edge(place, place + 1, candidate, box, 0.0)
        for place, (candidate, box) in enumerate(zip(candidates, pieces, strict=True))
    ]

    class Given(Line):
        def edges(self):
            return edges

    places = [Place(piece) for piece in range(count + 1)]
    page = Page(nothing, 1.0, (0.0, 0.0), (1.0, 1.0))
    return Given(page, nothing, nothing, nothing.astype(np.int32), 1, 10.0, 1.0, pieces, places, [None] * count, False)


@pytest.fixture(scope="session")
def artifacts():
    """Give the newest shipped network by format."""
    newest = max(artifact.name for artifact in shipped())
    return {artifact.format: artifact for artifact in shipped() if artifact.name == newest}


@pytest.fixture(scope="session")
def network(artifacts):
    """Give the network as a CPU worker runs it."""
    return load_network("litert", artifacts["litert"].data)


@pytest.fixture
def no_network():
    """Give a network that says what it is told: its logits are the first eleven pixels of each input."""

    class FirstPixels:
        runtime, device = "litert", "cpu"
        calls = 0

        def logits(self, x):
            self.calls += 1
            return np.round(x[:, 0, :11] * 255).astype(np.float32)

    return FirstPixels()
