"""Both runtimes give the same answers, for any batch size; LiteRT's have 8 bits."""

import subprocess
import sys

import numpy as np
import pytest

from ml.data.hard_negatives import draw_hard_negatives
from ml.evaluation.latency import compare_logits
from ml.golden import golden_drawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.recognition.loading import load_reader
from ml.recognition.runtimes import MAX_INTERPRETERS, load_network
from ml.recognition.text_line import find_text_line
from tests.ml.blocks import page_of

DRAWN = np.stack([crop_single_digit(render_strokes(**golden_drawing(seed % 10, seed))).input for seed in range(70)])
OTHERS = draw_hard_negatives(70, [], np.random.default_rng(5))


def test_tensorflow_and_litert_agree(artifacts, network):
    keras = load_network("keras", artifacts["keras"].data)
    assert (keras.runtime, network.runtime, network.device) == ("tensorflow", "litert", "cpu")
    apart = compare_logits(keras, network, np.concatenate([DRAWN, OTHERS]))
    assert apart["largest_difference"] < 0.3 and apart["answers_that_differ"] == 0


def test_logits_do_not_depend_on_the_batch_size(network):
    alone = np.concatenate([network.logits(DRAWN[place : place + 1]) for place in range(70)])
    for count in (2, 3, 33, 64, 65, 70):
        assert np.abs(network.logits(DRAWN[:count]) - alone[:count]).max() < 1e-4
    assert network.logits(DRAWN[:0]).shape == (0, 11)


@pytest.mark.parametrize("format_", ["litert", "keras"])
def test_a_reading_does_not_depend_on_its_batch(format_, artifacts):
    reader = load_reader(artifacts.values(), [format_, f"line-{format_}"])
    mine = find_text_line(render_strokes(**golden_drawing(4, 11)))
    (alone,) = reader.read([mine])
    for neighbours in (DRAWN[:31], OTHERS[:31], np.ones((6, 28, 28), np.float32)):
        others = [find_text_line(page_of(image)) for image in neighbours]
        for place in (0, len(others) // 2, len(others)):
            reading = reader.read([*others[:place], mine, *others[place:]])[place]
            assert (reading.text, reading.verdict) == (alone.text, alone.verdict)
            assert reading.confidence == pytest.approx(alone.confidence, abs=1e-5)
            assert reading.digits[0].probabilities == pytest.approx(alone.digits[0].probabilities, abs=1e-5)


def test_interpreters_are_kept_for_the_last_shapes_only(artifacts):
    network = load_network("line-litert", artifacts["line-litert"].data)
    widths = [32, 64, 96, 128, 160, 704, 64, 32]
    rng = np.random.default_rng(3)
    lines = {width: rng.random((1, 32, width), dtype=np.float32) for width in widths}
    fresh = {
        width: load_network("line-litert", artifacts["line-litert"].data).logits(line) for width, line in lines.items()
    }
    for width in widths:
        assert network.logits(lines[width]) == pytest.approx(fresh[width], abs=1e-5)
    assert len(network._interpreters) == MAX_INTERPRETERS


def test_a_cpu_worker_does_not_import_tensorflow():
    said = "import sys, ml.recognition.reader, ml.preprocessing.images, ml.preprocessing.strokes, ml.artifacts\n"
    said += "from ml.recognition.runtimes import load_network\n"
    said += "data = next(a.data for a in ml.artifacts.load_shipped() if a.format == 'litert')\n"
    said += "load_network('litert', data)\n"
    said += "assert not {'tensorflow', 'keras', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", said], check=True, timeout=60)


def test_the_error_names_an_unknown_format():
    with pytest.raises(ValueError, match="pickle"):
        load_network("pickle", b"")
    with pytest.raises(ValueError, match="line-pickle"):
        load_network("line-pickle", b"")


@pytest.mark.long  # converts with TensorFlow: 6 s
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # Keras 3.15 under NumPy 2.4
@pytest.mark.parametrize(("is_quantized", "apart"), [(False, 1e-4), (True, 0.05)])
def test_a_line_recognizer_gives_the_same_logits_in_both_runtimes(tmp_path, is_quantized, apart):
    import keras

    from ml.training.export import export_litert

    ink = keras.Input((32, None))
    x = keras.layers.Reshape((32, -1, 1))(ink)
    x = keras.layers.Conv2D(4, (32, 3), strides=(1, 2), padding="same")(x)
    network = keras.Model(ink, keras.layers.Reshape((-1, 4))(keras.layers.MaxPooling2D((32, 1))(x)))
    network.save(tmp_path / "small.line.keras")
    export_litert(network, tmp_path / "small.line.tflite", is_quantized=is_quantized)
    formats = {"line-keras": ".line.keras", "line-litert": ".line.tflite"}
    networks = [load_network(name, (tmp_path / f"small{end}").read_bytes()) for name, end in formats.items()]
    for shape in ((1, 32, 64), (1, 32, 128), (2, 32, 64), (1, 32, 64)):
        lines = np.random.default_rng(1).random(shape, dtype=np.float32)
        one, other = (network.logits(lines) for network in networks)
        assert one.shape == (shape[0], shape[2] // 2, 4) and one == pytest.approx(other, abs=apart)
