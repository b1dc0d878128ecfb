"""A packed version has a line recognizer: its own, or that of the shipped version."""

import hashlib
import json

from ml.artifacts import load_shipped, shipped_name
from ml.evaluation.packing import find_line_recognizer


def test_a_version_without_a_line_recognizer_gets_the_shipped_one(tmp_path):
    [shipped] = [one for one in load_shipped() if (one.name, one.format) == (shipped_name(), "line-litert")]
    for _ in range(2):  # the second time, it is there already
        hashes, record = find_line_recognizer(tmp_path / "mine-1.keras")
        assert hashes == {"line-litert": shipped.sha256} and record == shipped.card["line_recognizer"]
        assert (tmp_path / "mine-1.line.tflite").read_bytes() == shipped.data


def test_a_version_keeps_its_own_line_recognizer(tmp_path):
    for suffix, data in ((".line.tflite", b"lite"), (".line.keras", b"keras"), (".line.json", b'{"training": {}}')):
        (tmp_path / f"mine-1{suffix}").write_bytes(data)
    hashes, record = find_line_recognizer(tmp_path / "mine-1.keras")
    assert hashes == {
        "line-litert": hashlib.sha256(b"lite").hexdigest(),
        "line-keras": hashlib.sha256(b"keras").hexdigest(),
    }
    assert record == json.loads('{"training": {}}')
