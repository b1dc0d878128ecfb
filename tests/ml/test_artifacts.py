"""Shipped networks are checked against their model cards."""

import json
import shutil

import pytest

from ml.artifacts import SHIPPED_DIR, BrokenArtifact, load_shipped
from ml.types import PREPROCESSING_VERSION


@pytest.fixture
def folder(tmp_path):
    """Return a copy of the shipped networks."""
    return shutil.copytree(SHIPPED_DIR, tmp_path / "shipped")


def test_the_shipped_network_has_both_formats_and_one_card():
    found = load_shipped()
    assert {artifact.format for artifact in found} == {"keras", "litert"}
    assert all(artifact.card["sha256"][artifact.format] == artifact.sha256 for artifact in found)
    assert all(len(artifact.data) < 4_000_000 for artifact in found)


def test_shipped_networks_use_the_current_preprocessing():
    assert {artifact.card["preprocessing"] for artifact in load_shipped()} == {PREPROCESSING_VERSION}


def test_the_card_states_the_networks_accuracy():
    card = load_shipped()[0].card
    assert card["sets"]["mnist_test"]["accuracy"] >= 0.995 and card["sets"]["mnist_test"]["count"] == 10_000
    assert card["sets"]["held_out_writers"]["accuracy"] >= 0.97
    assert card["sets"]["held_out_canvas_pixels"]["agreement_with_strokes"] >= 0.98
    assert not set(card["held_out_writers"]) & set(card["training"]["training_writers"])
    assert not set(card["held_out_writers"]) & set(card["calibrating_writers"])
    assert sum(map(sum, card["sets"]["mnist_test"]["confusion"])) == 10_000


@pytest.mark.parametrize("suffix", [".keras", ".tflite"])
def test_a_changed_byte_is_rejected(folder, suffix):
    path = next(folder.glob(f"*{suffix}"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BrokenArtifact, match="sha256"):
        load_shipped(folder)


def test_the_error_names_a_missing_file(folder):
    path = next(folder.glob("*.tflite"))
    path.unlink()
    with pytest.raises(BrokenArtifact, match=path.name):
        load_shipped(folder)


@pytest.mark.parametrize("text", ["", "[]", '{"name": "other", "sha256": {}}', '{"sha256": {"keras": "0"}}'])
def test_an_unreadable_card_is_rejected(folder, text):
    next(folder.glob("*.json")).write_text(text)
    with pytest.raises(BrokenArtifact, match="card"):
        load_shipped(folder)


def test_a_card_with_an_unknown_format_is_rejected(folder):
    path = next(folder.glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": {"pickle": "0"}}))
    with pytest.raises(BrokenArtifact, match="unknown"):
        load_shipped(folder)
