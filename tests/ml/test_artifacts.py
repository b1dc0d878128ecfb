"""Shipped networks are checked against their model cards."""

import json
import shutil
from dataclasses import replace

import pytest

from ml.artifacts import SHIPPED_DIR, BrokenArtifact, card_path, identify, is_complete, load_shipped, shipped_name
from ml.types import PREPROCESSING_VERSION


@pytest.fixture
def folder(tmp_path):
    """Return a copy of the shipped networks."""
    return shutil.copytree(SHIPPED_DIR, tmp_path / "shipped")


def test_the_shipped_version_has_a_digit_network_and_a_line_recognizer_and_one_card():
    found = load_shipped()
    assert {artifact.format for artifact in found} >= {"keras", "litert", "line-litert", "browser"}
    assert {artifact.name for artifact in found} == {shipped_name()}
    assert all(artifact.card["sha256"][artifact.format] == artifact.sha256 for artifact in found)
    assert all(len(artifact.data) < 4_000_000 for artifact in found)


def test_shipped_networks_use_the_current_preprocessing():
    assert {artifact.card["preprocessing"] for artifact in load_shipped()} == {PREPROCESSING_VERSION}


def test_the_card_states_the_networks_accuracy():
    card = load_shipped()[0].card
    assert card["sets"]["mnist_test"]["accuracy"] >= 0.99 and card["sets"]["mnist_test"]["count"] == 10_000
    assert card["sets"]["held_out_writers"]["accuracy"] >= 0.97
    assert card["sets"]["held_out_canvas_pixels"]["agreement_with_strokes"] >= 0.98
    assert not set(card["held_out_writers"]) & set(card["training"]["training_writers"])
    assert not set(card["held_out_writers"]) & set(card["calibrating_writers"])
    read = card["sets"]["mnist_test"]
    assert sum(map(sum, read["confusion"])) + sum(read["not_one_digit"]) == 10_000


@pytest.mark.parametrize("suffix", [".keras", ".tflite", ".line.tflite"])
def test_a_changed_byte_is_rejected(folder, suffix):
    path = next(folder.glob(f"*{suffix}"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BrokenArtifact, match="sha256"):
        load_shipped(folder)


def test_the_error_names_a_missing_file(folder):
    path = next(folder.glob("*.line.tflite"))
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


@pytest.mark.parametrize("suffix", [".json", ".keras", ".tflite", ".line.tflite", ".line.keras", ".browser.bin"])
def test_every_file_of_a_version_leads_to_its_card(suffix):
    assert card_path(SHIPPED_DIR / f"mine-1.5{suffix}") == SHIPPED_DIR / "mine-1.5.json"


def test_the_record_of_training_a_line_recognizer_is_not_a_card(folder):
    (folder / "zz.line.json").write_text("{}")
    assert load_shipped(folder) and shipped_name(folder) == shipped_name()


def test_a_version_is_identified_by_all_that_reads():
    shipped = load_shipped()
    own = identify(shipped)
    assert own == identify(shipped[::-1]), "the order does not count"
    card = shipped[0].card
    calibrated = card | {"calibration": card["calibration"] | {"temperature": 2.0}}
    measured_again = card | {"sets": {}}
    assert identify([replace(one, card=calibrated) for one in shipped]) != own
    assert identify([replace(one, card=measured_again) for one in shipped]) == own
    for changed in shipped:
        other = identify([replace(one, sha256="0" * 64) if one is changed else one for one in shipped])
        assert (other == own) == (changed.format == "browser"), "which is a copy"
    assert identify([one for one in shipped if one.format != "browser"]) == own


def test_a_version_without_a_line_recognizer_is_identified_as_before_it_was_a_part():
    digits = [one for one in load_shipped() if one.format in {"keras", "litert"}]
    assert not is_complete(one.format for one in digits) and identify(digits) == digits[0].sha256
