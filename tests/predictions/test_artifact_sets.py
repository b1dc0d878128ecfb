"""A version is one signed set: it is loaded whole, exactly as it was registered, or not at all."""

import hashlib

import pytest
from django.utils.crypto import constant_time_compare, salted_hmac

from ml.artifacts import load_shipped
from predictions import artifact_sets, registry
from predictions.models import ModelArtifact, ModelVersion
from tests.factories import make_artifacts, make_old_version, make_version

pytestmark = pytest.mark.django_db
FORMATS = ["litert", "keras", "line-litert", "line-keras"]
BOTH = {"litert": b"digits", "keras": b"digits too", "line-litert": b"lines", "line-keras": b"lines too"}


@pytest.fixture
def version():
    return registry.register(make_artifacts("mine", BOTH, calibration={"temperature": 1.5, "offset": -1e-07}))


def _loaded(version, formats=FORMATS):
    return [(one.format, one.data) for one in artifact_sets.load(version, formats)]


def test_both_networks_are_loaded_in_the_first_usable_formats(version):
    assert _loaded(version) == [("litert", b"digits"), ("line-litert", b"lines")]
    assert _loaded(version, ["keras", "line-keras", "line-litert"]) == [
        ("keras", b"digits too"),
        ("line-keras", b"lines too"),
    ]
    card = artifact_sets.load(version, FORMATS)[0].card
    assert card["calibration"] == {"temperature": 1.5, "offset": -1e-07}


@pytest.mark.parametrize("formats", [["onnx", "line-litert"], ["litert"], ["litert", "line-onnx"]])
def test_a_version_is_not_loaded_in_part(version, formats):
    with pytest.raises(artifact_sets.MissingArtifact, match="mine has no artifact as"):
        artifact_sets.load(version, formats)


@pytest.mark.parametrize("format_", BOTH)
@pytest.mark.parametrize("wrong", [{"data": b"evil"}, {"signature": "0" * 64}, {"sha256": "0" * 64}])
def test_tampered_artifacts_are_not_loaded(version, format_, wrong):
    ModelArtifact.objects.filter(format=format_).update(**wrong)
    formats = [format_] + [name for name in FORMATS if name.startswith("line") != format_.startswith("line")]
    with pytest.raises(artifact_sets.TamperedArtifact, match="not those that were registered"):
        artifact_sets.load(version, formats)


@pytest.mark.parametrize("format_", BOTH)
def test_a_set_that_lacks_an_artifact_is_refused_even_if_it_is_not_needed(version, format_):
    ModelArtifact.objects.filter(format=format_).delete()
    with pytest.raises(artifact_sets.TamperedArtifact, match="artifacts and the card of mine"):
        artifact_sets.load(version, FORMATS)


@pytest.mark.parametrize("format_", BOTH)
def test_an_artifact_cannot_be_exchanged_for_a_signed_one_of_another_version(version, format_):
    other = registry.register(make_artifacts("other", {name: data + b"!" for name, data in BOTH.items()}))
    theirs = other.artifacts.get(format=format_)
    columns = {"data": bytes(theirs.data), "sha256": theirs.sha256, "signature": theirs.signature}
    version.artifacts.filter(format=format_).update(**columns)
    with pytest.raises(artifact_sets.TamperedArtifact):
        artifact_sets.load(version, FORMATS)


def test_an_artifact_cannot_be_added(version):
    ModelArtifact.objects.create(version=version, format="onnx", sha256="0" * 64, signature="0" * 64, data=b"evil")
    with pytest.raises(artifact_sets.TamperedArtifact):
        artifact_sets.load(version, FORMATS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"card": {"calibration": {"temperature": 1.5, "offset": 0.0}}},
        {"preprocessing": "ink-99"},
        {"sha256": "0" * 64},
        {"set_signature": "0" * 64},
    ],
)
def test_the_card_is_signed_too(version, wrong):
    ModelVersion.objects.filter(pk=version.pk).update(**wrong)
    with pytest.raises(artifact_sets.TamperedArtifact):
        artifact_sets.load(version, FORMATS)


def test_without_its_signature_a_set_reads_nothing(version):
    ModelVersion.objects.filter(pk=version.pk).update(set_signature="")
    version.refresh_from_db()
    assert not version.is_readable
    assert _loaded(version) == [("litert", b"digits")], "enough to explain its readings"


def test_a_set_cannot_be_forged_without_the_secret_key(version, settings):
    settings.SECRET_KEY = "another"
    with pytest.raises(artifact_sets.TamperedArtifact):
        artifact_sets.load(version, FORMATS)


def test_the_shipped_version_is_signed_again_after_a_change_of_the_key_or_damage(settings):
    version = registry.install_shipped()
    settings.SECRET_KEY = "another"
    with pytest.raises(artifact_sets.TamperedArtifact):
        artifact_sets.load(version, FORMATS)
    ModelVersion.objects.update(card={})
    version.artifacts.filter(format="line-litert").delete()
    ModelArtifact.objects.create(version=version, format="onnx", sha256="0" * 64, signature="0" * 64, data=b"evil")
    registry.install_shipped()
    assert [one.format for one in artifact_sets.load(version, FORMATS)] == ["litert", "line-litert"]


def test_a_version_from_before_sets_has_its_digit_network_only():
    old = make_old_version()
    assert _loaded(old) == [("litert", b"old-1")]
    with pytest.raises(artifact_sets.MissingArtifact):
        artifact_sets.load(old, ["keras"])
    ModelArtifact.objects.update(data=b"evil")
    with pytest.raises(artifact_sets.TamperedArtifact):
        artifact_sets.load(old, FORMATS)


def _load_as_before_sets(version, formats):
    """Load a network exactly as code from before migration 0014 does, which may run beside this one."""
    artifacts = {row.format: row for row in version.artifacts.filter(format__in=formats)}
    format_ = next(name for name in formats if name in artifacts)
    data, row = bytes(artifacts[format_].data), artifacts[format_]
    signed = f"{version.sha256}:{format_}:{row.sha256}"
    expected = salted_hmac("predictions.registry", signed, algorithm="sha256").hexdigest()
    assert hashlib.sha256(data).hexdigest() == row.sha256 and constant_time_compare(expected, row.signature)
    return format_, data


@pytest.mark.parametrize("formats", [["litert", "keras"], ["keras"], ["litert"]])
def test_older_code_beside_loads_the_digit_network_of_every_version(version, formats):
    digits = {one.format: one.data for one in load_shipped()}
    assert _load_as_before_sets(version, formats) == (formats[0], BOTH[formats[0]])
    assert _load_as_before_sets(registry.install_shipped(), formats) == (formats[0], digits[formats[0]])
    assert make_version("other", b"other").artifacts.filter(format="litert").count() == 1
