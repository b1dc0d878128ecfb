"""Which model is live, and which artifacts are trusted."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from predictions import registry
from predictions.models import ModelArtifact, ModelVersion
from tests.factories import make_user, make_version

pytestmark = pytest.mark.django_db


def test_promotion_leaves_one_live_version_and_a_line_in_the_audit_log():
    old, new, carol = make_version("old", b"1"), make_version("new", b"2", is_live=False), make_user("carol")
    registry.promote(new, carol)
    assert registry.live_version() == new
    assert not ModelVersion.objects.get(pk=old.pk).is_live
    assert AuditEvent.objects.filter(action="model.promoted", actor=carol, target="new").count() == 1


def test_the_database_refuses_two_live_versions():
    make_version("one", b"1")
    two = make_version("two", b"2", is_live=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=two.pk).update(is_live=True)


def test_the_same_bytes_are_registered_once():
    assert make_version("one", b"same") == make_version("again", b"same")
    assert ModelArtifact.objects.count() == 1


def test_without_a_live_version_there_is_no_model():
    with pytest.raises(registry.NoModel, match="install_model"):
        registry.live_version()


def test_bytes_are_loaded_in_the_first_available_format():
    version = make_version(data=b"network")
    assert registry.load_bytes(version, ["onnx", "litert"]) == ("litert", b"network")
    with pytest.raises(registry.NoModel, match="keras"):
        registry.load_bytes(version, ["keras"])


@pytest.mark.parametrize("wrong", [{"data": b"evil"}, {"signature": "0" * 64}, {"sha256": "0" * 64}])
def test_tampered_bytes_are_not_loaded(wrong):
    version = make_version()
    ModelArtifact.objects.update(**wrong)
    with pytest.raises(registry.TamperedArtifact):
        registry.load_bytes(version, ["litert"])


def test_an_artifact_cannot_be_forged_without_the_secret_key(settings):
    version = make_version()
    settings.SECRET_KEY = "another"
    with pytest.raises(registry.TamperedArtifact):
        registry.load_bytes(version, ["litert"])


def test_the_shipped_model_is_signed_again_after_a_change_of_the_key(settings):
    version = registry.install_shipped()
    settings.SECRET_KEY = "another"
    with pytest.raises(registry.TamperedArtifact):
        registry.load_bytes(version, ["litert"])
    registry.install_shipped()
    assert registry.load_bytes(version, ["litert"])[0] == "litert"


def test_the_shipped_model_goes_live_where_none_is():
    assert registry.install_shipped() == registry.live_version()


def test_the_shipped_model_replaces_a_shipped_one_that_nobody_promoted():
    old = make_version("old")
    ModelVersion.objects.filter(pk=old.pk).update(is_shipped=True)
    assert registry.install_shipped() == registry.live_version() != old


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_shipped_model_does_not_replace_a_promoted_one(by_hand):
    chosen = make_version("chosen")
    if by_hand:
        ModelVersion.objects.filter(pk=chosen.pk).update(is_shipped=True)
        registry.promote(chosen, make_user("carol"))
    registry.install_shipped()
    assert registry.live_version() == chosen


def test_the_shipped_model_does_not_replace_one_that_was_rolled_back_to():
    old = make_version("old")
    ModelVersion.objects.filter(pk=old.pk).update(is_shipped=True)
    shipped = registry.install_shipped()
    assert registry.live_version() == shipped and registry.previous() == old
    carol = make_user("carol")
    registry.promote(old, carol)
    registry.install_shipped()
    assert registry.live_version() == old
    carol.delete()  # the audit log still has her promotion
    registry.install_shipped()
    assert registry.live_version() == old


def test_the_previous_version_is_the_last_live_one_and_two_rollbacks_cancel_out():
    first, second, carol = make_version("first", b"1"), make_version("second", b"2"), make_user("carol")
    make_version("never", b"3", is_live=False)
    assert registry.previous() == first
    registry.promote(first, carol)
    assert registry.previous() == second


def test_without_another_version_there_is_nothing_to_roll_back_to():
    make_version("one")
    assert registry.previous() is None


def test_a_promotion_fails_if_another_version_is_live_than_expected():
    first, second, third = (make_version(name, name.encode(), is_live=name == "a") for name in "abc")
    registry.promote(second, None, instead_of=first)
    with pytest.raises(registry.LiveChanged, match="b is live by now, not a"):
        registry.promote(third, None, instead_of=first)
    assert registry.live_version() == second


def test_another_network_cannot_take_a_name():
    make_version("one", b"1")
    with pytest.raises(registry.NameTaken, match="one"):
        make_version("one", b"2")
