"""Which model is live, and which artifacts are trusted."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from ml.artifacts import load_shipped, shipped_name
from ml.types import PREPROCESSING_VERSION
from predictions import artifact_sets, registry
from predictions.models import Comparison, ModelArtifact, ModelVersion
from tests.factories import make_artifacts, make_old_version, make_user, make_version

pytestmark = pytest.mark.django_db


def test_promotion_leaves_one_live_version_and_a_line_in_the_audit_log():
    old, new, carol = make_version("old", b"1"), make_version("new", b"2", is_live=False), make_user("carol")
    registry.promote(new, carol)
    assert registry.live_version() == new
    assert not ModelVersion.objects.get(pk=old.pk).is_live
    assert AuditEvent.objects.filter(action="model.promoted", actor=carol, target="new").count() == 1
    old.refresh_from_db()
    registry.promote(old, carol)
    found = AuditEvent.objects.filter(action="model.promoted").order_by("pk")
    assert [event.details["was_live_before"] for event in found] == [False, False, True]


def test_the_database_refuses_two_live_versions():
    make_version("one", b"1")
    two = make_version("two", b"2", is_live=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=two.pk).update(is_live=True)


def test_the_same_bytes_are_registered_once():
    assert make_version("one", b"same") == make_version("again", b"same")
    assert ModelArtifact.objects.count() == 2


def test_without_a_live_version_there_is_no_model():
    with pytest.raises(registry.NoModel, match="install_model"):
        registry.live_version()


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


def test_another_line_recognizer_or_calibration_is_another_version():
    networks = {"litert": b"digits", "line-litert": b"lines"}
    first = registry.register(make_artifacts("first", networks, calibration={"temperature": 1.0}))
    for changed in (
        make_artifacts("second", networks, calibration={"temperature": 2.0}),
        make_artifacts("third", networks | {"line-litert": b"other lines"}, calibration={"temperature": 1.0}),
    ):
        assert registry.register(changed) != first
        with pytest.raises(registry.NameTaken, match="first"):
            registry.register([replace(one, name="first") for one in changed])
    again = make_artifacts("first", networks, calibration={"temperature": 1.0}, sets={"measured": "again"})
    assert registry.register(again) == first
    first.refresh_from_db()
    assert first.card["sets"] == {"measured": "again"}


def test_older_and_newer_code_with_another_card_take_turns_with_one_version():
    """The shipped card of newer code tells more; each start stores its own, and what reads stays as it was."""
    shipped = load_shipped()
    cards = [{name: value for name, value in shipped[0].card.items() if name != "reference"}, shipped[0].card]
    newer = registry.install_shipped()
    for card in (*cards, *cards):
        version = registry.register([replace(one, card=card) for one in shipped], is_shipped=True)
        assert version == newer and registry.live_version() == newer
        assert [one.card for one in artifact_sets.load(version, ["litert", "line-litert"])] == [card] * 2
    assert ModelVersion.objects.count() == 1 and newer.comparisons.count() == 0


def test_a_version_without_a_line_recognizer_is_completed():
    old = registry.register(make_artifacts("mine", {"litert": b"digits"}, calibration={"temperature": 1.0}))
    assert not old.is_readable and old.artifacts.count() == 1
    networks = {"litert": b"digits", "line-litert": b"lines"}
    for other in (
        make_artifacts("mine", networks, calibration={"temperature": 2.0}),
        make_artifacts("mine", networks | {"litert": b"others"}, calibration={"temperature": 1.0}),
    ):
        with pytest.raises(registry.NameTaken, match="mine"):
            registry.register(other)
    complete = make_artifacts("mine", networks, calibration={"temperature": 1.0})
    for _ in range(2):
        completed = registry.register(complete)
        assert (completed, completed.sha256, completed.is_readable) == (old, old.sha256, True)
    assert registry.register([complete[0]]).is_readable, "its digit network alone changes nothing"
    assert [one.format for one in artifact_sets.load(completed, ["litert", "line-litert"])] == ["litert", "line-litert"]


def test_the_version_of_the_last_release_is_completed_at_start():
    shipped = load_shipped()
    old = registry.register([one for one in shipped if not one.format.startswith("line")], is_shipped=True)
    ModelVersion.objects.filter(pk=old.pk).update(card=old.card | {"calibration": {}})
    assert registry.install_shipped() == old
    old.refresh_from_db()
    assert old.is_readable and old.card == shipped[0].card and old.sha256 == shipped[0].card["sha256"]["keras"]


@pytest.mark.parametrize("preprocessing", ["ink-0", PREPROCESSING_VERSION])
def test_a_promoted_version_for_older_code_stays_live_and_the_shipped_one_reads_in_its_place(preprocessing):
    old = make_old_version(preprocessing=preprocessing)  # with today's preprocessing, it lacks a line recognizer
    shipped = registry.install_shipped()
    assert shipped.name == shipped_name() and registry.live_version() == old
    serving = registry.serving()
    assert (serving.live, serving.version, serving.is_stand_in) == (old, shipped, True)
    registry.promote(shipped, make_user("carol"))
    assert registry.serving() == registry.Serving(shipped, shipped) and not registry.serving().is_stand_in


def test_without_a_shipped_version_nothing_reads_in_place_of_the_live_one():
    old = make_old_version()
    assert registry.serving() == registry.Serving(old, old)


def test_an_older_shipped_version_reads_in_place_of_none():
    old = make_old_version()
    former = make_version("inkling-0", b"0", is_live=False)
    ModelVersion.objects.filter(pk=former.pk).update(is_shipped=True)
    assert registry.serving().version == old


def test_a_new_version_is_compared_with_the_one_that_reads():
    make_old_version()
    shipped = registry.install_shipped()
    assert not Comparison.objects.exists(), "there is nothing to compare the shipped one with"
    make_version("new", b"new", is_live=False)
    assert Comparison.objects.get().rival == shipped
