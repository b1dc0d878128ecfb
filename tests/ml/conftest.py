"""Fixtures: the shipped network, a stub network, lines of given candidates, a small training set."""

import gzip
import json

import numpy as np
import pytest

from ml.artifacts import load_shipped
from ml.data import datasets
from ml.golden import golden_drawing
from ml.preprocessing.ink import Page
from ml.preprocessing.strokes import render_strokes
from ml.recognition import reader
from ml.recognition.candidates import Candidate, find_candidates
from ml.recognition.components import crop_single_digit
from ml.recognition.loading import load_reader
from ml.recognition.runtimes import load_line_network, load_network
from ml.recognition.text_line import Boundary, Box, TextLine


class FixedLine(TextLine):
    """A line with fixed candidates; its ink is a dot, which the line recognizer never takes for a number."""

    candidates: list[Candidate]


def line_of(*images):
    """Return a line whose candidates are these digit images, side by side."""
    count, dot = len(images), np.ones((1, 1), dtype=np.float32)
    components = [Box(place * 10, 0, place * 10 + 3, 10) for place in range(count)]
    boundaries = [Boundary(component) for component in range(count + 1)]
    page = Page(dot, 1.0, (0.0, 0.0), (1.0, 1.0))
    labels = dot.astype(np.int32)
    line = FixedLine(page, dot, dot, labels, 1, 10.0, 1.0, components, boundaries, [None] * count, False)
    pairs = zip(images, components, strict=True)
    line.candidates = [Candidate(start, start + 1, image, box, 0.0) for start, (image, box) in enumerate(pairs)]
    return line


@pytest.fixture(autouse=True)
def _fixed_candidates(monkeypatch):
    def find(line):
        return line.candidates if isinstance(line, FixedLine) else find_candidates(line)

    monkeypatch.setattr(reader, "find_candidates", find)


@pytest.fixture(scope="session")
def artifacts():
    """Return the newest shipped network by format."""
    newest = max(artifact.name for artifact in load_shipped())
    return {artifact.format: artifact for artifact in load_shipped() if artifact.name == newest}


@pytest.fixture(scope="session")
def network(artifacts):
    """Return the shipped network as a CPU worker runs it."""
    return load_network("litert", artifacts["litert"].data)


@pytest.fixture(scope="session")
def line_network(artifacts):
    """Return the shipped line recognizer's network as a CPU worker runs it."""
    return load_line_network("line-litert", artifacts["line-litert"].data)


@pytest.fixture(scope="session")
def shipped_reader(artifacts):
    """Return the shipped reader as a CPU worker has it."""
    return load_reader(artifacts.values())


@pytest.fixture
def no_network():
    """Return a stub network whose logits are the first eleven pixels of each input."""

    class FirstPixels:
        runtime, device = "litert", "cpu"
        calls = 0

        def logits(self, x):
            self.calls += 1
            return np.round(x[:, 0, :11] * 255).astype(np.float32)

    return FirstPixels()


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return a folder with golden digits in place of MNIST and of the pen strokes."""
    drawn = np.stack([crop_single_digit(render_strokes(**golden_drawing(seed % 10, seed))).input for seed in range(60)])
    pixels, labels = np.round(drawn * 255).astype(np.uint8), np.arange(60, dtype=np.uint8) % 10
    for part in ("train", "test"):
        np.savez(tmp_path / f"mnist_{part}.npz", x=pixels, y=labels)
    monkeypatch.setattr(datasets, "MNIST_COUNT", {"train": 60, "test": 60})
    for module in ("digit_dataset", "line_recognizer_training"):
        monkeypatch.setattr(f"ml.training.{module}.MNIST_HELD_OUT", 20)
    monkeypatch.setattr(datasets, "MNIST_SHA256", dict.fromkeys(("train", "test"), datasets.hash_pixels(pixels)))
    with gzip.open(tmp_path / "pens.jsonl.gz", "wt") as file:
        for seed in range(60):
            pen = {"digit": seed % 10, "writer": seed % 12, "strokes": golden_drawing(seed % 10, seed)["strokes"]}
            file.write(json.dumps(pen) + "\n")
    return tmp_path
