"""Promotion and rollback, on the admin site and from the command line, and what operators see."""

import hashlib
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import AuditEvent
from ml.artifacts import SHIPPED_DIR
from predictions import comparisons, health, registry
from predictions.comparisons import GOLDEN, REVIEWED, Findings, Tally
from predictions.models import Comparison, ModelVersion, WorkerSeen
from predictions.worker import comparison
from tests.factories import make_measures, make_reviewer, make_version

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
    figures, measures = comparisons.as_figures(tallies), make_measures().as_dict()
    Comparison.objects.update(figures=figures, measures=measures, trouble=trouble, finished_at=Now())


def _page(version):
    return reverse("admin:predictions_modelversion_compare", args=[version.pk])


def _html(answer):
    return answer.content.decode()


def test_an_admin_promotes_what_is_no_worse(admin_client, admin_user, old, new):
    _compared(ALIKE)
    page = _html(admin_client.get(_page(new)))
    assert 'name="promote"' in page and "100.00%" in page and page.count("result passes") == 6
    answer = admin_client.post(_page(new), {"promote": old.pk}, follow=True)
    assert "The model new is now live." in _html(answer) and registry.live_version() == new
    line = AuditEvent.objects.filter(action="model.promoted").latest("pk")
    assert (line.actor, line.target, line.details["instead_of"]) == (admin_user, "new", "old")
    assert line.details["figures"]["golden"] == {"count": 500, "both": 500, "lost": 0, "won": 0}


def test_an_admin_rolls_back(admin_client, admin_user, old, new):
    _compared(ALIKE)
    assert "Roll back" not in _html(admin_client.get(LIST))
    registry.promote(new, admin_user)
    assert "Roll back to old" in _html(admin_client.get(LIST))
    assert "Roll back to old?" in _html(admin_client.get(_page(old)))
    admin_client.post(_page(old), {"promote": new.pk})
    assert registry.live_version() == old
    assert registry.previous() == new  # twice leads back


def test_a_worse_candidate_is_refused_with_the_numbers(admin_client, old, new):
    _compared(WORSE)
    page = _html(admin_client.get(_page(new)))
    assert "reads 498 of the 500 golden drawings correctly" in page and 'name="promote"' not in page
    assert "loses 2, wins 0" in page
    answer = admin_client.post(_page(new), {"promote": old.pk}, follow=True)
    assert "reads 498 of the 500" in _html(answer) and registry.live_version() == old


def test_a_candidate_with_another_preprocessing_is_refused_and_not_compared(admin_client, old, new):
    ModelVersion.objects.filter(pk=new.pk).update(preprocessing="ink-99")
    answers = [admin_client.get(_page(new)), admin_client.post(_page(new), {"promote": old.pk}, follow=True)]
    for page in map(_html, answers):
        assert "new needs preprocessing ink-99" in page
        assert not any(word in page for word in ('name="promote"', "compare.js", 'name="compare"'))
    Comparison.objects.all().delete()
    admin_client.post(_page(new), {"compare": ""})
    assert (registry.live_version(), Comparison.objects.unfinished().count()) == (old, 0)


def test_a_promotion_is_refused_if_another_version_went_live_meanwhile(admin_client, admin_user, old, new):
    third = make_version("third", b"3", is_live=False)
    _compared(ALIKE)
    registry.promote(third, admin_user)
    comparisons.request(new, third)
    _compared(ALIKE)
    answer = admin_client.post(_page(new), {"promote": old.pk}, follow=True)
    assert "Another version went live in the meantime" in _html(answer) and registry.live_version() == third


def test_the_page_reloads_until_a_worker_has_compared_the_versions(admin_client, old, new):
    page = _html(admin_client.get(_page(new)))
    assert "the versions cannot be compared now" in page and "compare.js" in page and 'name="promote"' not in page
    WorkerSeen.objects.create(name="worker-1", model_version=old)
    assert "A worker is reading" in _html(admin_client.get(_page(new)))
    _compared(ALIKE)
    assert "compare.js" not in _html(admin_client.get(_page(new)))
    admin_client.post(_page(new), {"compare": ""})
    assert Comparison.objects.unfinished().count() == 1


def test_promotion_needs_the_permission_to_change_models(client, old, new):
    carol = make_reviewer("carol")
    client.force_login(carol)
    _compared(ALIKE)
    assert client.get(_page(new)).status_code == 403
    assert client.post(_page(new), {"promote": old.pk}).status_code == 403
    carol.user_permissions.add(*_permissions("view_modelversion"))
    assert 'name="promote"' not in _html(client.get(_page(new)))
    assert client.post(_page(new), {"promote": old.pk}).status_code == 403
    assert registry.live_version() == old


def _permissions(codename):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename=codename)


def test_the_page_compares_the_cards_and_marks_significant_differences(admin_client, old, new):
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
    page = " ".join(_html(admin_client.get(_page(new))).split())
    assert "99.64%" in page and "99.00%" in page and "95.50%" in page
    assert page.count('class="judgement worse"') == 1 and page.count('class="judgement alike"') == 1


def test_the_live_version_has_no_comparison_page(admin_client, old):
    assert admin_client.get(_page(old)).status_code == 302


def test_operators_see_which_workers_refuse_the_live_version(admin_client, client, settings, old, new, monkeypatch):
    WorkerSeen.objects.create(name="worker-1", model_version=old, trouble="new cannot be used: it is broken")
    WorkerSeen.objects.create(name="worker-2", model_version=new)
    registry.promote(new, None)
    page = _html(admin_client.get(LIST))
    assert "Worker worker-1 does not use the live model: new cannot be used: it is broken" in page
    assert "It still uses old." in page
    settings.STATUS_TOKEN = "a long secret"

    def status() -> dict[str, Any]:
        monkeypatch.setattr(health, "_report_expires", 0.0)  # cached for a second
        return dict(client.get("/health/status", headers={"Authorization": "Bearer a long secret"}).json())

    report = status()
    assert "model_refused" in report["wrong"]
    assert [(one["name"], one["model"], one["trouble"]) for one in report["workers"]] == [
        ("worker-1", "old", "new cannot be used: it is broken"),
        ("worker-2", "new", ""),
    ]
    WorkerSeen.objects.update(trouble="", model_version=new)
    assert "model_refused" not in status()["wrong"]
    assert "does not use" not in _html(admin_client.get(LIST))


@pytest.fixture
def counted(monkeypatch, admin_user):
    """Replace the comparison by tallies that a test may change; by default both versions read alike."""
    tallies = dict(ALIKE)
    monkeypatch.setattr(comparison, "compare", lambda candidate, rival: Findings(tallies, make_measures()))
    return tallies


def test_the_command_promotes_by_name_or_sha256_and_rolls_back(admin_client, counted, old, new, capsys):
    call_command("promote", "new", by="admin")
    assert registry.live_version() == new
    assert "golden drawings: new 100.00% (500 of 500), old 100.00% (500 of 500): passes" in capsys.readouterr().out
    assert "Roll back to old" in _html(admin_client.get(_page(old)))  # by the same numbers, at once
    call_command("promote", rollback=True, by="ADMIN")
    assert registry.live_version() == old
    call_command("promote", new.sha256[:10], by="admin")
    assert registry.live_version() == new


def test_the_command_refuses_a_worse_version_unless_forced_with_a_reason(counted, old, new):
    counted.update(WORSE)
    with pytest.raises(CommandError, match="498 of the 500 golden drawings correctly; the live model reads 500"):
        call_command("promote", "new", by="admin")
    assert registry.live_version() == old
    call_command("promote", "new", by="admin", force="old hangs")
    assert AuditEvent.objects.latest("pk").details["forced"] == "old hangs"
    assert registry.live_version() == new


def test_a_dry_run_only_compares(counted, old, new):
    call_command("promote", "new", dry_run=True)
    assert registry.live_version() == old


def test_force_does_not_promote_a_version_with_another_preprocessing(counted, old, new):
    ModelVersion.objects.filter(pk=new.pk).update(preprocessing="ink-99")
    with pytest.raises(CommandError, match="ink-99"):
        call_command("promote", "new", by="admin", force="because")


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        (["newest"], {"by": "admin"}, "Registered: old, new"),
        (["new"], {"by": "nobody"}, "no user 'nobody'"),
        (["new"], {}, "--by NAME"),
        ([], {"rollback": True, "by": "admin"}, "No other version was live before"),
    ],
)
def test_the_command_reports_what_is_missing(counted, old, new, words, options, message):
    with pytest.raises(CommandError, match=message):
        call_command("promote", *words, **options)


def test_a_trained_network_is_registered_from_its_files(old, tmp_path, capsys):
    card = max(SHIPPED_DIR.glob("*.json"))
    call_command("register_model", str(card.with_suffix(".tflite")))
    version = ModelVersion.objects.get(name=card.stem)
    assert not version.is_live and {one.format for one in version.artifacts.all()} >= {"litert", "keras"}
    assert Comparison.objects.unfinished().get().candidate == version
    assert version.sha256[:12] in capsys.readouterr().out


def test_another_network_with_a_taken_name_is_not_registered(tmp_path):
    make_version("mine", b"1")
    data = b"\x1c\0\0\0TFL3 of another network"
    (tmp_path / "mine.tflite").write_bytes(data)
    card = {"name": "mine", "preprocessing": "ink", "sha256": {"litert": hashlib.sha256(data).hexdigest()}}
    (tmp_path / "mine.json").write_text(json.dumps(card))
    with pytest.raises(CommandError, match="Give yours another name"):
        call_command("register_model", str(tmp_path / "mine.json"))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("register_model", str(tmp_path / "other.json"))


def test_a_check_that_cannot_fail_does_not_pass(admin_client, old, new):
    _compared({GOLDEN: Tally(500, 500), REVIEWED: Tally(4, 4)})
    page = _html(admin_client.get(_page(new)))
    assert page.count("result passes") == 5 and "too few to tell" in page and 'name="promote"' in page
