"""Promote and roll back, in the office and from the command line, and what an operator is told."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import AuditEvent
from ml.artifacts import SHIPPED_DIR
from predictions import comparisons, registry
from predictions.comparisons import GOLDEN, REVIEWED, Tally
from predictions.models import Comparison, ModelVersion, WorkerSeen
from predictions.worker import comparison
from tests.factories import make_reviewer, make_version

pytestmark = pytest.mark.django_db
LIST = "/admin/predictions/modelversion/"
ALIKE = {GOLDEN: Tally(500, 500), REVIEWED: Tally(20, 20)}
WORSE = {GOLDEN: Tally(500, 498, lost=2), REVIEWED: Tally(20, 20)}


@pytest.fixture
def old():
    return make_version("old", b"1")


@pytest.fixture
def new(old):
    return make_version("new", b"2" * 9, is_live=False)


def _compared(tallies, trouble=""):
    Comparison.objects.update(figures=comparisons.as_figures(tallies), trouble=trouble, finished_at=Now())


def _page(version):
    return reverse("admin:predictions_modelversion_compare", args=[version.pk])


def _said(answer):
    return answer.content.decode()


def test_an_admin_promotes_what_is_no_worse(admin_client, admin_user, old, new):
    _compared(ALIKE)
    page = _said(admin_client.get(_page(new)))
    assert "Make new live" in page and "100.00%" in page and "alike" in page
    answer = admin_client.post(_page(new), {"promote": old.pk}, follow=True)
    assert "The live model is now new." in _said(answer) and registry.live_version() == new
    line = AuditEvent.objects.filter(action="model.promoted").latest("pk")
    assert (line.actor, line.target, line.details["instead_of"]) == (admin_user, "new", "old")
    assert line.details["figures"]["golden"] == {"count": 500, "both": 500, "lost": 0, "won": 0}


def test_an_admin_rolls_back(admin_client, admin_user, old, new):
    _compared(ALIKE)
    assert "Roll back" not in _said(admin_client.get(LIST))
    registry.promote(new, admin_user)
    assert "Roll back to old" in _said(admin_client.get(LIST))
    assert "Roll back to old?" in _said(admin_client.get(_page(old)))
    admin_client.post(_page(old), {"promote": new.pk})
    assert registry.live_version() == old
    assert registry.previous() == new  # twice leads back


def test_a_worse_candidate_is_refused_with_the_numbers(admin_client, old, new):
    _compared(WORSE)
    page = _said(admin_client.get(_page(new)))
    assert "reads 498 of the 500 golden drawings right" in page and "Make new live" not in page
    assert "loses 2, wins 0" in page
    answer = admin_client.post(_page(new), {"promote": old.pk}, follow=True)
    assert "reads 498 of the 500" in _said(answer) and registry.live_version() == old


def test_a_candidate_of_another_preprocessing_is_refused_and_nobody_is_asked(admin_client, old, new):
    ModelVersion.objects.filter(pk=new.pk).update(preprocessing="ink-99")
    answers = [admin_client.get(_page(new)), admin_client.post(_page(new), {"promote": old.pk}, follow=True)]
    for page in map(_said, answers):
        assert "The preprocessing of new is ink-99" in page
        assert not any(word in page for word in ("Make new live", "compare.js", 'name="compare"'))
    Comparison.objects.all().delete()
    admin_client.post(_page(new), {"compare": ""})
    assert (registry.live_version(), comparisons.waiting().count()) == (old, 0)


def test_what_was_decided_over_another_live_version_does_not_count(admin_client, admin_user, old, new):
    third = make_version("third", b"3", is_live=False)
    _compared(ALIKE)
    registry.promote(third, admin_user)
    comparisons.ask(new, third)
    _compared(ALIKE)
    answer = admin_client.post(_page(new), {"promote": old.pk}, follow=True)
    assert "Another version went live meanwhile" in _said(answer) and registry.live_version() == third


def test_until_a_worker_has_compared_them_the_page_says_so_and_looks_again(admin_client, old, new):
    page = _said(admin_client.get(_page(new)))
    assert "nobody can compare them now" in page and "compare.js" in page and "Make new live" not in page
    WorkerSeen.objects.create(name="worker-1", model_version=old)
    assert "A worker is reading" in _said(admin_client.get(_page(new)))
    _compared(ALIKE)
    assert "compare.js" not in _said(admin_client.get(_page(new)))
    admin_client.post(_page(new), {"compare": ""})
    assert comparisons.waiting().count() == 1


def test_who_may_only_look_at_models_cannot_promote(client, old, new):
    carol = make_reviewer("carol")
    client.force_login(carol)
    _compared(ALIKE)
    assert client.get(_page(new)).status_code == 403
    assert client.post(_page(new), {"promote": old.pk}).status_code == 403
    carol.user_permissions.add(*_permissions("view_modelversion"))
    assert "Make new live" not in _said(client.get(_page(new)))
    assert client.post(_page(new), {"promote": old.pk}).status_code == 403
    assert registry.live_version() == old


def _permissions(codename):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename=codename)


def test_the_cards_stand_side_by_side_with_what_is_beyond_noise(admin_client, old, new):
    def card(mnist, none):
        verdicts = {"digit": 0, "unsure": 2_000 - none, "not_a_digit": none}
        return {
            "sets": {
                "mnist_test": {"count": 10_000, "accuracy": mnist},
                "no_digits": {"count": 2_000, "verdicts": verdicts},
            }
        }

    ModelVersion.objects.filter(pk=old.pk).update(card=card(0.9964, 1_900))
    ModelVersion.objects.filter(pk=new.pk).update(card=card(0.9900, 1_910))
    page = " ".join(_said(admin_client.get(_page(new))).split())
    assert "99.64%" in page and "99.00%" in page and "95.50%" in page
    assert page.count('class="judgement worse"') == 1 and page.count('class="judgement alike"') == 1


def test_the_live_version_is_beside_nobody(admin_client, old):
    assert admin_client.get(_page(old)).status_code == 302


def test_an_operator_hears_which_worker_refuses_the_live_version(admin_client, client, settings, old, new):
    WorkerSeen.objects.create(name="worker-1", model_version=old, trouble="new cannot be used: it is broken")
    WorkerSeen.objects.create(name="worker-2", model_version=new)
    registry.promote(new, None)
    page = _said(admin_client.get(LIST))
    assert "Worker worker-1 does not use the live model: new cannot be used: it is broken" in page
    assert "It goes on with old." in page
    settings.STATUS_TOKEN = "a long secret"

    def status() -> dict[str, Any]:
        return dict(client.get("/health/status", headers={"Authorization": "Bearer a long secret"}).json())

    told = status()
    assert "model_refused" in told["wrong"]
    assert [(one["name"], one["model"], one["trouble"]) for one in told["workers"]] == [
        ("worker-1", "old", "new cannot be used: it is broken"),
        ("worker-2", "new", ""),
    ]
    WorkerSeen.objects.update(trouble="", model_version=new)
    assert "model_refused" not in status()["wrong"]
    assert "does not use" not in _said(admin_client.get(LIST))


@pytest.fixture
def counted(monkeypatch, admin_user):
    """What `judge.compare` is to find; by default both read alike."""
    found = dict(ALIKE)
    monkeypatch.setattr(comparison, "compare", lambda candidate, rival: found)
    return found


def test_the_command_promotes_by_name_or_sha256_and_rolls_back(admin_client, counted, old, new, capsys):
    call_command("promote", "new", by="admin")
    assert registry.live_version() == new
    assert "golden: of 500, new reads 500 right, old 500" in capsys.readouterr().out
    assert "Roll back to old" in _said(admin_client.get(_page(old)))  # by the same numbers, at once
    call_command("promote", rollback=True, by="ADMIN")
    assert registry.live_version() == old
    call_command("promote", new.sha256[:10], by="admin")
    assert registry.live_version() == new


def test_the_command_refuses_what_is_worse_unless_it_is_told_why(counted, old, new):
    counted.update(WORSE)
    with pytest.raises(CommandError, match="498 of the 500 golden drawings right; the live one reads 500"):
        call_command("promote", "new", by="admin")
    assert registry.live_version() == old
    call_command("promote", "new", by="admin", force="old hangs")
    assert AuditEvent.objects.latest("pk").details["forced"] == "old hangs"
    assert registry.live_version() == new


def test_the_command_compares_only_if_that_is_wanted(counted, old, new):
    call_command("promote", "new", dry_run=True)
    assert registry.live_version() == old


def test_no_force_makes_workers_read_with_another_preprocessing(counted, old, new):
    ModelVersion.objects.filter(pk=new.pk).update(preprocessing="ink-99")
    with pytest.raises(CommandError, match="ink-99"):
        call_command("promote", "new", by="admin", force="because")


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (["newest"], {"by": "admin"}, "Registered: old, new"),
        (["new"], {"by": "nobody"}, "no user 'nobody'"),
        (["new"], {}, "--by NAME"),
        ([], {"rollback": True, "by": "admin"}, "No other version was live before"),
    ],
)
def test_the_command_says_what_it_misses(counted, old, new, words, options, said):
    with pytest.raises(CommandError, match=said):
        call_command("promote", *words, **options)


def test_a_trained_network_is_registered_from_its_files(old, tmp_path, capsys):
    card = max(SHIPPED_DIR.glob("*.json"))
    call_command("register_model", str(card.with_suffix(".tflite")))
    version = ModelVersion.objects.get(name=card.stem)
    assert not version.is_live and {one.format for one in version.artifacts.all()} >= {"litert", "keras"}
    assert comparisons.waiting().get().candidate == version
    assert version.sha256[:12] in capsys.readouterr().out


def test_another_network_of_a_known_name_is_not_registered(tmp_path):
    make_version("mine", b"1")
    data = b"2"
    import hashlib

    (tmp_path / "mine.tflite").write_bytes(data)
    told = {"name": "mine", "preprocessing": "ink", "sha256": {"litert": hashlib.sha256(data).hexdigest()}}
    (tmp_path / "mine.json").write_text(json.dumps(told))
    with pytest.raises(CommandError, match="Give yours another name"):
        call_command("register_model", str(tmp_path / "mine.json"))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("register_model", str(tmp_path / "other.json"))
