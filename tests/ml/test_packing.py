"""A packed version has a line recognizer: its own, or that of the shipped version."""

import hashlib
import json

import pytest

from ml.artifacts import LINE_SUFFIXES, load_shipped, shipped_name
from ml.evaluation.packing import find_line_recognizer
from ml.training.line_network import build_line_network

ON_KERAS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # 3.15 on NumPy 2.4


def test_a_version_without_a_line_recognizer_gets_the_shipped_one(tmp_path):
    shipped = [one for one in load_shipped() if one.name == shipped_name() and one.format in LINE_SUFFIXES]
    hashes, record = find_line_recognizer(tmp_path / "mine-1.keras")
    assert hashes == {one.format: one.sha256 for one in shipped} and "line-litert" in hashes
    assert record == shipped[0].card["line_recognizer"]
    for one in shipped:
        assert (tmp_path / f"mine-1{LINE_SUFFIXES[one.format]}").read_bytes() == one.data


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Return a folder with a version that has a line recognizer of its own, exported, and what was found of it."""
    folder = tmp_path_factory.mktemp("own")
    build_line_network().save(folder / "mine-1.line.keras")
    (folder / "mine-1.line.json").write_text('{"training": {}}')
    return folder, *find_line_recognizer(folder / "mine-1.keras")


@pytest.mark.long  # exports with TensorFlow: 15 s
@ON_KERAS
def test_a_version_keeps_its_own_line_recognizer_and_exports_it(own):
    folder, hashes, record = own
    assert set(hashes) == set(LINE_SUFFIXES)
    for name, suffix in LINE_SUFFIXES.items():
        assert hashes[name] == hashlib.sha256((folder / f"mine-1{suffix}").read_bytes()).hexdigest()
    assert record == json.loads('{"training": {}}')


@pytest.mark.long  # exports both networks: 10 s
@ON_KERAS
def test_networks_are_exported_with_weights_of_8_bits(own):
    size = (own[0] / "mine-1.line.tflite").stat().st_size
    assert size < 1.3 * build_line_network().count_params()
