"""When sessions end by themselves, who ends them, and that a key that was seen before is worth nothing."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.identity import session_store, sessions
from accounts.models import User
from tests.accounts.test_flows import PASSWORD, _logged_in, _make
from tests.audit import newest_event

pytestmark = pytest.mark.django_db
TRACKING = "accounts.identity.sessions.track_sessions"
HOUR_S = 3_600


@pytest.fixture(autouse=True)
def tracking(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, TRACKING]
    sessions._written = sessions._Written()


@pytest.fixture
def pass_time(monkeypatch):
    """Return a function that lets hours pass for sessions: in Python, and by moving the ends of stored ones back."""

    def go_on(hours):
        now, monotonic = session_store.time.time, sessions.time.monotonic
        monkeypatch.setattr(session_store.time, "time", lambda: now() + hours * HOUR_S)
        monkeypatch.setattr(sessions.time, "monotonic", lambda: monotonic() + hours * HOUR_S)
        real_now = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real_now() + timedelta(hours=hours))

    return go_on


def _is_logged_in(browser):
    return browser.get("/accounts/data/").status_code == 200


def _staff(name="alice"):
    user = _make(name)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return user


def test_a_session_ends_when_nothing_was_done_for_the_idle_time(pass_time, settings):
    _make()
    browser = _logged_in()
    pass_time(settings.SESSION_IDLE_HOURS - 1)
    assert _is_logged_in(browser)  # which counts as use
    pass_time(settings.SESSION_IDLE_HOURS - 1)
    assert _is_logged_in(browser)
    pass_time(settings.SESSION_IDLE_HOURS + 1)
    assert not _is_logged_in(browser)


def test_a_session_ends_so_many_days_after_the_log_in_however_much_it_is_used(pass_time, settings):
    _make()
    browser = _logged_in()
    for _ in range(settings.SESSION_DAYS - 1):
        pass_time(24)
        assert _is_logged_in(browser)
    pass_time(24)
    assert not _is_logged_in(browser)


def test_staff_are_logged_out_sooner(pass_time, settings):
    _staff()
    browser = _logged_in()
    for _ in range(settings.STAFF_SESSION_HOURS * 2 - 1):
        pass_time(0.5)
        assert _is_logged_in(browser)
    pass_time(0.5)
    assert not _is_logged_in(browser)
    browser = _logged_in()
    pass_time(settings.STAFF_SESSION_IDLE_MINUTES / 60 + 0.1)
    assert not _is_logged_in(browser)


def test_somebody_who_becomes_staff_has_the_shorter_session_from_then_on(pass_time, settings):
    user = _make()
    browser = _logged_in()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    pass_time(0.2)
    assert _is_logged_in(browser)
    pass_time(settings.STAFF_SESSION_IDLE_MINUTES / 60 + 0.1)
    assert not _is_logged_in(browser)


def test_a_session_of_older_code_lasts_from_its_next_use():
    _make()
    browser = _logged_in()
    session = browser.session
    del session[session_store.BEGAN_AT]
    Session.objects.update(session_data=session.encode(session._session))
    sessions._written = sessions._Written()
    assert _is_logged_in(browser)
    assert session_store.BEGAN_AT in Session.objects.get().get_decoded()


def test_a_new_log_in_starts_the_time_again(pass_time):
    _make()
    browser = _logged_in()
    began = browser.session[session_store.BEGAN_AT]
    pass_time(24)
    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert browser.session[session_store.BEGAN_AT] >= began + 24 * HOUR_S


def test_a_log_in_and_a_confirmation_each_give_the_session_another_key():
    _make()
    browser = Client()
    browser.get("/accounts/login/")
    browser.session.save()
    anonymous = browser.session.session_key
    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    first = browser.cookies["sessionid"].value
    answer = browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    second = browser.cookies["sessionid"].value
    assert answer.status_code == 302
    assert len({anonymous, first, second}) == 3
    assert not Session.objects.filter(session_key=first).exists()
    assert _is_logged_in(browser)
    assert browser.get("/accounts/sessions/").content.decode().count('class="row"') == 1


def test_a_wrong_password_changes_no_key():
    _make()
    browser = _logged_in()
    before = browser.cookies["sessionid"].value
    browser.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert browser.cookies["sessionid"].value == before


def test_a_key_has_more_than_128_bits_and_is_worth_nothing_after_the_log_out():
    _make()
    browser = _logged_in()
    key = browser.cookies["sessionid"].value
    assert re.fullmatch(r"[a-z0-9]{32}", key)  # 165 bits
    browser.post("/accounts/logout/")
    thief = Client()
    thief.cookies["sessionid"] = key
    assert not _is_logged_in(thief)
    assert not Session.objects.filter(session_key=key).exists()


def test_a_deactivated_account_is_logged_out_at_once():
    user = _make()
    browser = _logged_in()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not _is_logged_in(browser)


@pytest.mark.parametrize("path", ["end-others/", "one"])
def test_ending_other_sessions_asks_who_is_there(path):
    _make()
    phone, laptop = _logged_in(), _logged_in()
    page = laptop.get("/accounts/sessions/").content.decode()
    [one] = re.findall(r'action="(/accounts/sessions/[0-9a-f]+/end/)"', page)
    answer = laptop.post(one if path == "one" else f"/accounts/sessions/{path}")
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert _is_logged_in(phone)
    laptop.post(answer.url, {"password": PASSWORD})
    assert not _is_logged_in(phone)
    assert _is_logged_in(laptop)


def test_an_admin_logs_users_out_everywhere_but_nobody_above_them():
    alice, root = _make(), User.objects.create_superuser("root", "", PASSWORD)
    admin = User.objects.create_user("admin", "", PASSWORD, is_staff=True)
    admin.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    victims = [_logged_in(), _logged_in("root")]
    browser = _logged_in("admin")
    chosen = {"action": "end_access", "_selected_action": [alice.pk, root.pk, admin.pk]}
    answer = browser.post("/admin/accounts/user/", chosen, follow=True)
    assert "1 user was logged out everywhere." in answer.content.decode()
    assert [_is_logged_in(victim) for victim in victims] == [False, True]
    assert _is_logged_in(browser)
    assert newest_event(action="sessions.ended").actor == "admin"
