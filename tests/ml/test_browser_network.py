"""Browsers get the digit network as float16 weights, with batch normalization folded in, and the card's calibration."""

import numpy as np
import pytest

from ml.artifacts import load_artifacts
from ml.browser_network import LAYOUT, MAX_BYTES, join_network, split_network, with_calibration
from ml.golden import golden_drawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from tests.twin import SHIPPED_CARD

CALIBRATION = {"temperature": 0.7, "slope": 1.5, "offset": -0.8}


def test_a_file_is_split_into_what_it_was_joined_from():
    for length in range(1, 9):  # whatever the header's length, the weights are aligned
        header, weights = {"layout": LAYOUT, "layers": ["x" * length]}, b"weights!"
        data = join_network(header, weights)
        assert split_network(data) == (header, weights) and (len(data) - len(weights)) % 8 == 0


def test_the_calibration_of_the_card_is_added(artifacts):
    artifact = artifacts["browser"]
    header, weights = split_network(with_calibration(artifact.data, artifact.card["calibration"]))
    assert header.pop("calibration") == artifact.card["calibration"]
    assert (header, weights) == split_network(artifact.data)


def test_the_network_is_small(artifacts):
    assert len(with_calibration(artifacts["browser"].data, CALIBRATION)) < MAX_BYTES


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # Keras 3.15 on NumPy 2.4
def test_the_shipped_file_is_the_shipped_network(artifacts, network):
    """If this fails, run `python -m ml export-for-browsers --model` with the shipped .keras file."""
    import keras

    from ml.training.browser_export import export_to_browser

    model = keras.saving.load_model(SHIPPED_CARD.with_suffix(".keras"), compile=False, safe_mode=True)
    assert export_to_browser(model) == artifacts["browser"].data
    inputs = np.stack([crop_single_digit(render_strokes(**golden_drawing(n % 10, n))).input for n in range(10)])
    assert _run(artifacts["browser"].data, inputs) == pytest.approx(network.logits(inputs), abs=0.3)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # Keras 3.15 on NumPy 2.4
def test_a_network_that_browsers_cannot_run_is_packed_without(tmp_path, capsys):
    import keras

    from ml.evaluation.packing import write_for_browsers

    ink = keras.Input((28, 28))
    network = keras.Model(ink, keras.layers.Dense(11, activation="tanh")(keras.layers.Flatten()(ink)))
    assert write_for_browsers(network, tmp_path / "mine-1.keras") == {}
    assert "no preview" in capsys.readouterr().out and not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # Keras 3.15 on NumPy 2.4
def test_the_network_is_added_to_a_packed_version(tmp_path):
    from ml.__main__ import main
    from tests.twin import write_twin

    card_path = write_twin(tmp_path)
    card_path.with_suffix(".keras").write_bytes(SHIPPED_CARD.with_suffix(".keras").read_bytes())
    assert main(["export-for-browsers", "--model", str(card_path.with_suffix(".tflite"))]) == 0
    assert {one.format for one in load_artifacts(card_path)} == {"litert", "line-litert", "browser"}


def _run(data, inputs):
    """Return the logits of a file, computed with NumPy."""
    header, weights = split_network(data)
    values = iter(np.frombuffer(weights, dtype="<f2").astype(np.float64))

    def take(*shape):
        return np.array([next(values) for _ in range(np.prod(shape))]).reshape(shape)

    x = inputs[..., None].astype(np.float64)
    for layer in header["layers"]:
        if layer["kind"] == "convolution":
            pad = layer["padding"]
            x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
            kernel, bias = take(3, 3, layer["inputs"], layer["filters"]), take(layer["filters"])
            high, wide = x.shape[1] - 2, x.shape[2] - 2
            taps = ((row, column) for row in range(3) for column in range(3))
            x = np.maximum(sum(x[:, r : r + high, c : c + wide] @ kernel[r, c] for r, c in taps) + bias, 0)
        elif layer["kind"] == "pooling":
            n, high, wide, depth = x.shape
            x = x.reshape(n, high // 2, 2, wide // 2, 2, depth).max(axis=(2, 4))
        elif layer["kind"] == "places":
            x = (x * take(*x.shape[1:])).sum(axis=(1, 2)) + take(layer["filters"])
        else:
            x = x @ take(layer["inputs"], layer["outputs"]) + take(layer["outputs"])
    assert next(values, None) is None, "weights are left over"
    return x
