"""A challenger on a version's page in the admin: who may start and stop it, and what is told of it."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import AuditEvent
from predictions import lifecycle
from predictions.models import Challenger, ModelVersion, ShadowReading, Status
from tests.factories import make_old_version, make_reviewer, make_user, make_version, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def live():
    return make_version("old", b"1")


@pytest.fixture
def candidate(live):
    return make_version("new", b"2", is_live=False)


def _page(version):
    return reverse("admin:predictions_modelversion_change", args=[version.pk])


def _button(version):
    return reverse("admin:predictions_modelversion_challenger", args=[version.pk])


def _html(answer):
    return " ".join(answer.content.decode().split())


def test_an_admin_starts_and_stops_a_challenger(admin_client, admin_user, candidate):
    assert "Nobody sees what it reads" not in _html(admin_client.get(_page(candidate)))
    page = _html(admin_client.post(_button(candidate), {"start": "", "share": "0.02"}, follow=True))
    assert "new reads in shadow from now on" in page and "It has read up to 2.00% of users" in page
    assert Challenger.objects.get().share == 0.02
    page = _html(admin_client.post(_button(candidate), {"stop": ""}, follow=True))
    assert "no longer reads in shadow" in page and "It was stopped on" in page
    assert Challenger.objects.get().status == Status.CANCELED
    actions = AuditEvent.objects.filter(target="new", actor=admin_user).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["model.challenger_started", "model.challenger_stopped"]
    admin_client.post(_button(candidate), {"start": "", "share": "nonsense"})
    assert Challenger.objects.unfinished().get().share == 0.05


def test_a_get_as_after_a_log_in_changes_nothing(admin_client, candidate):
    assert admin_client.get(_button(candidate)).status_code == 302
    assert not Challenger.objects.exists()


def test_one_version_at_a_time_reads_in_shadow(admin_client, candidate):
    third = make_version("third", b"3", is_live=False)
    admin_client.post(_button(third), {"start": ""})
    page = _html(admin_client.get(_page(candidate)))
    assert "third reads in shadow now; only one version can." in page and 'name="start"' not in page
    page = _html(admin_client.post(_button(candidate), {"start": ""}, follow=True))
    assert "Another version reads in shadow now" in page
    page = _html(admin_client.post(_button(candidate), {"stop": ""}, follow=True))
    assert "new does not read in shadow" in page
    assert Challenger.objects.unfinished().get().model_version == third


def test_the_live_version_and_one_for_other_code_cannot(admin_client, live):
    old = make_old_version("older", is_live=False)
    for version, why in ((live, "cannot be its own challenger"), (old, "The workers of this version cannot use it")):
        assert 'name="start"' not in _html(admin_client.get(_page(version)))
        assert why in _html(admin_client.post(_button(version), {"start": ""}, follow=True))
    assert not Challenger.objects.exists()


def test_it_needs_the_permission_to_promote(client, candidate):
    carol = make_reviewer("carol")
    carol.user_permissions.add(*Permission.objects.filter(codename="view_modelversion"))
    client.force_login(carol)
    assert 'name="start"' not in _html(client.get(_page(candidate)))
    assert client.post(_button(candidate), {"start": ""}).status_code == 403
    assert not Challenger.objects.exists()


def _read_in_shadow(row, version, text="7", verdict="digit"):
    ShadowReading.objects.create(
        submission=row,
        model_version=version,
        text=text,
        verdict=verdict,
        confidence=0.9,
        agrees=text == row.text and verdict == "digit",
        elapsed_ms=1.5,
    )


def test_the_page_tells_how_often_it_reads_what_was_served(admin_client, candidate):
    alice = make_user("alice")
    for text in ("7", "7", "7", "1"):
        _read_in_shadow(read_one(alice), candidate, text)
    other = ShadowReading.objects.get(agrees=False).submission_id
    page = _html(admin_client.get(_page(candidate)))
    assert "75.00%" in page and "95% interval 30.06% to 95.44%" in page and "1.50 ms" in page
    assert reverse("admin:predictions_submission_change", args=[other]) in page
    assert page.count('class="digits"') == 2


def test_drawings_are_named_to_those_alone_who_may_see_them(client, candidate):
    _read_in_shadow(read_one(make_user("alice")), candidate, "1")
    dave = make_user("dave", is_staff=True)
    dave.user_permissions.set(Permission.objects.filter(codename="view_modelversion"))
    client.force_login(dave)
    page = _html(client.get(_page(candidate)))
    assert "read otherwise" in page and "/predictions/submission/" not in page


def test_the_reason_is_told_why_it_was_stopped(admin_client, candidate):
    Challenger.objects.create(model_version=candidate)
    lifecycle.stop_challengers("new cannot be loaded: it is broken")
    assert "UTC: new cannot be loaded: it is broken" in _html(admin_client.get(_page(candidate)))
    assert 'name="start"' in _html(admin_client.get(_page(candidate)))


def test_an_unknown_version_has_no_page(admin_client):
    assert admin_client.get("/admin/predictions/modelversion/99/change/").status_code == 302
    assert admin_client.post("/admin/predictions/modelversion/99/challenger/", {"start": ""}).status_code == 404
    assert not ModelVersion.objects.exists()
