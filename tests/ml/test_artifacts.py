"""What is shipped is what its card describes, or it is refused."""

import json
import shutil

import pytest

from ml.artifacts import SHIPPED, BrokenArtifact, shipped
from ml.types import PREPROCESSING


@pytest.fixture
def folder(tmp_path):
    """Return a copy of what is shipped."""
    return shutil.copytree(SHIPPED, tmp_path / "shipped")


def test_the_shipped_network_comes_in_both_formats_with_one_card():
    found = shipped()
    assert {artifact.format for artifact in found} == {"keras", "litert"}
    assert all(artifact.card["sha256"][artifact.format] == artifact.sha256 for artifact in found)
    assert all(len(artifact.data) < 4_000_000 for artifact in found)


def test_the_shipped_network_suits_the_preprocessing():
    assert {artifact.card["preprocessing"] for artifact in shipped()} == {PREPROCESSING}


def test_the_card_tells_what_the_network_can_do():
    card = shipped()[0].card
    assert card["sets"]["mnist_test"]["accuracy"] >= 0.995 and card["sets"]["mnist_test"]["count"] == 10_000
    assert card["sets"]["held_out_writers"]["accuracy"] >= 0.97
    assert card["sets"]["held_out_canvas_pixels"]["agreement_with_strokes"] >= 0.98
    assert not set(card["held_out_writers"]) & set(card["training"]["training_writers"])
    assert not set(card["held_out_writers"]) & set(card["calibrating_writers"])
    assert sum(map(sum, card["sets"]["mnist_test"]["confusion"])) == 10_000


@pytest.mark.parametrize("suffix", [".keras", ".tflite"])
def test_a_changed_byte_is_refused(folder, suffix):
    path = next(folder.glob(f"*{suffix}"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BrokenArtifact, match="other sha256"):
        shipped(folder)


def test_a_missing_file_is_named(folder):
    path = next(folder.glob("*.tflite"))
    path.unlink()
    with pytest.raises(BrokenArtifact, match=path.name):
        shipped(folder)


@pytest.mark.parametrize("text", ["", "[]", '{"name": "other", "sha256": {}}', '{"sha256": {"keras": "0"}}'])
def test_a_card_that_cannot_be_read_is_refused(folder, text):
    next(folder.glob("*.json")).write_text(text)
    with pytest.raises(BrokenArtifact, match="card"):
        shipped(folder)


def test_a_card_cannot_name_a_format_or_file_of_its_own(folder):
    path = next(folder.glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": {"pickle": "0"}}))
    with pytest.raises(BrokenArtifact, match="unknown"):
        shipped(folder)
