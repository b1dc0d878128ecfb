"""The shipped network, loaded once."""

import numpy as np
import pytest

from ml.artifacts import shipped
from ml.runtime import load_network


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
