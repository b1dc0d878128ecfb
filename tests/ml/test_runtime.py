"""Both runtimes say the same, for any number of drawings."""

import subprocess
import sys

import numpy as np
import pytest

from ml.golden import golden_drawing
from ml.runtime import load_network
from ml.segment import find_digits
from ml.strokes import render

DRAWN = np.stack([find_digits(render(**golden_drawing(seed % 10, seed)))[0].input for seed in range(70)])


def test_tensorflow_and_litert_agree(artifacts, network):
    keras = load_network("keras", artifacts["keras"].data)
    assert (keras.runtime, network.runtime, network.device) == ("tensorflow", "litert", "cpu")
    assert np.abs(keras.logits(DRAWN) - network.logits(DRAWN)).max() < 1e-4


def test_a_drawing_is_read_alike_in_any_batch(network):
    alone = np.concatenate([network.logits(DRAWN[place : place + 1]) for place in range(70)])
    for count in (2, 3, 33, 64, 65, 70):
        assert np.abs(network.logits(DRAWN[:count]) - alone[:count]).max() < 1e-4
    assert network.logits(DRAWN[:0]).shape == (0, 11)


def test_a_cpu_worker_needs_no_tensorflow():
    said = "import sys, ml.reader, ml.runtime, ml.images, ml.strokes, ml.segment, ml.artifacts\n"
    said += "from ml.runtime import load_network\n"
    said += "data = next(a.data for a in ml.artifacts.shipped() if a.format == 'litert')\n"
    said += "load_network('litert', data)\n"
    said += "assert not {'tensorflow', 'keras', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", said], check=True, timeout=60)


def test_an_unknown_format_is_named():
    with pytest.raises(ValueError, match="pickle"):
        load_network("pickle", b"")
