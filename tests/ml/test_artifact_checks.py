"""Files that hold anything but a network are refused before they are registered, and again before they are loaded."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from ml.artifact_checks import MOST_BYTES, UnsafeNetwork, check_network
from ml.artifacts import SUFFIXES, BrokenArtifact, load_artifacts, load_shipped
from ml.browser_network import MAX_BYTES, join_network
from ml.recognition.runtimes import load_network
from tests.bad_networks import BAD, MARK, pickled, shipped


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not Path(MARK).exists()


def write(folder, data, format_="keras"):
    card = {"name": "mine", "sha256": {"keras": "0" * 64, format_: hashlib.sha256(data).hexdigest()}}
    (folder / f"mine{SUFFIXES[format_]}").write_bytes(data)
    path = folder / "mine.json"
    path.write_text(json.dumps(card if format_ != "keras" else card | {"sha256": {format_: card["sha256"][format_]}}))
    return path


@pytest.mark.parametrize("kind", BAD)
def test_it_is_refused_from_a_folder_and_by_the_runtime(kind, folder):
    data = BAD[kind]()
    with pytest.raises(BrokenArtifact, match=r"The network's file mine\.keras is refused\."):
        load_artifacts(write(folder, data))
    for format_ in ("keras", "line-keras"):
        with pytest.raises(UnsafeNetwork):
            load_network(format_, data)


@pytest.mark.parametrize("format_", ["litert", "line-litert"])
@pytest.mark.parametrize("data", [b"", b"TFL3", pickled(), shipped("keras"), shipped("litert")[4:]])
def test_what_is_no_tensorflow_lite_file_is_refused(format_, data):
    with pytest.raises(UnsafeNetwork, match="no TensorFlow Lite file"):
        load_network(format_, data)


NO_BROWSER_NETWORKS = [b"", b"\xff" * 4, pickled(), shipped("litert"), join_network({}, b""), b"\x02\0\0\0[]"]


@pytest.mark.parametrize("data", [*NO_BROWSER_NETWORKS, bytes(MAX_BYTES + 1)])
def test_what_is_no_network_for_browsers_is_refused(data):
    with pytest.raises(UnsafeNetwork, match="browsers"):
        check_network("browser", data)


@pytest.mark.parametrize("format_", ["h5", "pickle", "onnx", "", "line-"])
def test_an_unknown_format_is_refused(format_):
    with pytest.raises(UnsafeNetwork, match="is unknown"):
        check_network(format_, shipped())


def test_a_file_of_a_gigabyte_is_refused_before_it_is_read(folder):
    path = write(folder, b"x")
    os.truncate(folder / "mine.keras", 2**30)
    with pytest.raises(BrokenArtifact, match="is larger than"):
        load_artifacts(path)
    with pytest.raises(UnsafeNetwork, match="at most"):
        check_network("litert", bytes(MOST_BYTES + 1))


def test_what_ships_is_let_through():
    found = load_shipped()
    for one in found:
        check_network(one.format, one.data)
    assert {one.format for one in found} == {"browser", "keras", "line-keras", "line-litert", "litert"}


@pytest.mark.long  # imports TensorFlow: 6 s
def test_a_lambda_layer_that_keras_itself_wrote_is_refused_and_does_not_run(folder):
    import keras

    ink = keras.Input((28, 28))
    lines = keras.layers.Lambda(lambda x: Path("ran.txt").touch() or x, output_shape=(28, 28))(ink)
    keras.Model(ink, keras.layers.Flatten()(lines)).save(folder / "lambda.keras")
    Path(MARK).unlink(missing_ok=True)  # Keras called it once, to build the model
    data = (folder / "lambda.keras").read_bytes()
    with pytest.raises(UnsafeNetwork, match=r"keras\.layers\.Lambda"):
        load_network("keras", data)
    with pytest.raises(ValueError, match="safe_mode"):
        keras.saving.load_model(folder / "lambda.keras", compile=False, safe_mode=True)
