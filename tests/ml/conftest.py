"""Fixtures: the shipped networks and reader, a small training set."""

import gzip
import json

import numpy as np
import pytest

from ml.artifacts import load_shipped
from ml.data import datasets
from ml.golden import golden_drawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.recognition.loading import load_reader
from ml.recognition.runtimes import load_network


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
    return load_network("line-litert", artifacts["line-litert"].data)


@pytest.fixture(scope="session")
def shipped_reader(artifacts):
    """Return the shipped reader as a CPU worker has it."""
    return load_reader(artifacts.values())


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return a folder with golden digits in place of MNIST and of the pen strokes; 12 writers wrote all ten digits."""
    drawn = np.stack([crop_single_digit(render_strokes(**golden_drawing(seed % 10, seed))).input for seed in range(60)])
    pixels, labels = np.round(drawn * 255).astype(np.uint8), np.arange(60, dtype=np.uint8) % 10
    for part in ("train", "test"):
        np.savez(tmp_path / f"mnist_{part}.npz", x=pixels, y=labels)
    monkeypatch.setattr(datasets, "MNIST_COUNT", {"train": 60, "test": 60})
    for module in ("ml.training.digit_dataset", "ml.data.lines.pool", "ml.evaluation.reference"):
        monkeypatch.setattr(f"{module}.MNIST_HELD_OUT", 20)
    monkeypatch.setattr(datasets, "MNIST_SHA256", dict.fromkeys(("train", "test"), datasets.hash_pixels(pixels)))
    with gzip.open(tmp_path / "pens.jsonl.gz", "wt") as file:
        for seed in range(120):
            pen = {"digit": seed % 10, "writer": seed // 10, "strokes": golden_drawing(seed % 10, seed)["strokes"]}
            file.write(json.dumps(pen) + "\n")
    return tmp_path
