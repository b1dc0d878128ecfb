"""A model that somebody made or changed to do harm is refused, the one before serves, and the operator is told."""

import hashlib
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ml.artifacts import Artifact, load_shipped
from ml.types import PREPROCESSING_VERSION
from predictions import artifact_sets, registry
from predictions.models import ModelArtifact, ModelVersion, Prediction, WorkerSeen
from predictions.worker import model_cache, recognize, watch
from tests.bad_networks import BAD
from tests.factories import make_submission, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def new_process(monkeypatch):
    """Begin with nothing loaded, as a worker that has just been started."""
    for name, value in {"_loaded": None, "_other": None, "_refused": {}, "_stand_in": "", "_slow": None}.items():
        monkeypatch.setattr(model_cache, name, value)


@pytest.fixture
def shipped():
    return registry.install_shipped()


def _twin(**networks):
    """Register a version with the shipped networks, some of them exchanged, as somebody could who has the key."""
    found = {one.format: one.data for one in load_shipped() if "litert" in one.format}
    found |= {name.replace("_", "-"): data for name, data in networks.items()}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
    card = load_shipped()[0].card | {"name": "twin", "sha256": hashes, "made": sorted(networks)}
    card["calibration"] = card["calibration"] | {"temperature": 2.0}  # or it would be the shipped one
    return registry.register([Artifact("twin", name, data, hashes[name], card) for name, data in found.items()])


def _reads():
    """Read a drawing as a worker does; return the name of the version that read it."""
    row = make_submission()
    assert recognize.recognize_batch() == 1
    return Prediction.objects.get(submission=row).model_version.name


def _trouble():
    watch.note_seen()
    return WorkerSeen.objects.get().trouble


@pytest.mark.parametrize("kind", ["a pickle", "an HDF5 file", "half of a network"])
def test_a_signed_file_that_is_no_network_is_refused_and_a_new_worker_reads_with_the_version_before(shipped, kind):
    registry.promote(_twin(line_litert=BAD[kind]()), by=make_user("carol"))
    assert _reads() == shipped.name
    assert _trouble() == "twin cannot be used: It is no TensorFlow Lite file."


@pytest.mark.parametrize("kind", ["a Lambda layer", "a registered class", "a path out of the archive", "a bomb"])
def test_a_signed_keras_file_that_is_more_than_a_network_is_refused(shipped, kind, settings):
    settings.RUNTIME = "tensorflow"
    version = _twin(keras=BAD[kind]())
    with pytest.raises(ValueError, match=r"It (constructs|should hold|unpacks)"):
        model_cache.load(version)


TAMPERED = {
    "bytes": "data = 'evil'",
    "bytes and sha256": "data = 'evil', sha256 = encode(sha256('evil'), 'hex')",
    "no signature": "signature = ''",
    "the signature of another": "signature = (SELECT signature FROM predictions_modelartifact ORDER BY id LIMIT 1)",
    "more bytes than any": "data = convert_to(repeat('evil', 17000000), 'UTF8')",
}


@pytest.mark.parametrize("how", TAMPERED)
@pytest.mark.parametrize("is_new", [True, False], ids=["a new worker", "a worker that reads"])
def test_a_tampered_version_is_refused_and_the_one_before_serves(shipped, how, is_new):
    version = _twin()
    if not is_new:
        assert _reads() == shipped.name
    registry.promote(version, by=make_user("carol"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE predictions_modelartifact SET {TAMPERED[how]} WHERE format = 'litert' AND version_id = %s",  # noqa: S608
            [version.pk],
        )
    assert _reads() == shipped.name
    assert "twin cannot be used: " in _trouble()
    with pytest.raises(artifact_sets.TamperedArtifact):
        artifact_sets.load(version, ["litert", "line-litert"])


def test_the_version_that_serves_is_told_once_and_the_refused_one_is_tried_again(shipped, caplog, monkeypatch):
    version = _twin()
    registry.promote(version, by=make_user("carol"))
    good = bytes(version.artifacts.get(format="litert").data)
    version.artifacts.filter(format="litert").update(data=b"evil")
    for _ in range(3):
        assert _reads() == shipped.name
    assert [one.levelname for one in caplog.records if "in place of twin" in one.message] == ["WARNING"]
    version.artifacts.filter(format="litert").update(data=good)
    monkeypatch.setattr(model_cache, "_refused", {})  # as after RETRY_S
    assert _reads() == "twin"
    assert _trouble() == ""


def test_a_new_worker_claims_nothing_if_all_versions_are_tampered_with(shipped):
    registry.promote(_twin(), by=make_user("carol"))
    ModelArtifact.objects.update(data=b"evil")
    row = make_submission()
    with pytest.raises(model_cache.CannotLoad, match="twin cannot be used"):
        recognize.recognize_batch()
    row.refresh_from_db()
    assert row.attempts == 0


@pytest.mark.parametrize("how", ["bytes", "bytes and sha256", "no signature"])
def test_registering_the_files_again_mends_it(shipped, how):
    version = _twin()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE predictions_modelartifact SET {TAMPERED[how]} WHERE version_id = %s", [version.pk])  # noqa: S608
    assert _twin() == version
    assert len(artifact_sets.load(version, ["litert", "line-litert"])) == 2


def test_a_candidate_that_was_never_live_does_not_serve(shipped):
    live = _twin()
    registry.promote(live, by=make_user("carol"))
    ModelVersion.objects.filter(pk=shipped.pk).update(is_shipped=False, promoted_at=None)
    assert registry.earlier(live) == []
    ModelVersion.objects.filter(pk=shipped.pk).update(is_shipped=True)
    assert registry.earlier(live) == [shipped]


@pytest.mark.parametrize("kind", BAD)
def test_it_cannot_be_registered(kind, tmp_path):
    data = BAD[kind]()
    card = {
        "name": "mine",
        "preprocessing": PREPROCESSING_VERSION,
        "sha256": {"keras": hashlib.sha256(data).hexdigest()},
    }
    (tmp_path / "mine.json").write_text(json.dumps(card))
    (tmp_path / "mine.keras").write_bytes(data)
    with pytest.raises(CommandError, match="is refused"):
        call_command("register_model", tmp_path / "mine.keras")
    assert not ModelVersion.objects.exists()


def test_a_worker_follows_a_version_that_is_signed_again(shipped, settings):
    assert _reads() == shipped.name
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key, as long as it takes", [settings.SECRET_KEY]
    assert registry.sign_again().rewritten == 1
    held = model_cache.held()
    assert _reads() == shipped.name
    now = model_cache.held()
    assert now.reader is held.reader and now.version.set_signature != held.version.set_signature
