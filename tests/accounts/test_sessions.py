"""Sessions: tracked, listed to their owner only, and ended one by one or all others at once."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.identity import sessions
from accounts.models import AuditEvent, User
from tests.accounts.test_flows import PASSWORD, _make
from tests.audit import newest_event
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PAGE = "/accounts/sessions/"
TRACKING = "accounts.identity.sessions.track_sessions"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture(autouse=True)
def tracking(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, TRACKING]


@pytest.fixture
def alice():
    return make_user()


def _browser(user, agent, address="127.0.0.1"):
    browser = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    browser.force_login(user)
    browser.get(PAGE)
    return browser


def _end_links(browser):
    return re.findall(r'action="(/accounts/sessions/[0-9a-f]+/end/)"', browser.get(PAGE).content.decode())


def _is_logged_in(browser):
    return browser.get("/accounts/profile/").status_code == 200


def test_sessions_are_listed_with_device_and_address(alice):
    _browser(alice, IPHONE, "203.0.113.7")
    page = " ".join(_browser(alice, FIREFOX).get(PAGE).content.decode().split())
    assert page.index("Firefox, Linux") < page.index("this device") < page.index("Safari, iPhone")
    assert "203.0.113.7" in page
    assert page.count("/end/") == 1  # this device has the log-out


def test_a_log_in_is_listed_before_its_next_request():
    _make()
    program = Client(headers={"user-agent": "Parked/1"})
    assert program.post("/accounts/login/", {"login": "alice", "password": PASSWORD}).status_code == 302
    assert "Parked" in _browser(User.objects.get(), FIREFOX).get(PAGE).content.decode()


def test_the_first_page_lists_its_own_session(alice):
    browser = Client(headers={"user-agent": FIREFOX})
    browser.force_login(alice)
    assert "this device" in browser.get(PAGE).content.decode()


def test_a_session_of_older_code_is_listed_once_it_is_used(alice):
    browser = _browser(alice, FIREFOX)
    UserSession.objects.all().delete()
    sessions._written = sessions._Written()
    assert _is_logged_in(browser)
    assert "Firefox, Linux" in browser.get(PAGE).content.decode()


def test_a_device_is_logged_out_at_once(alice):
    phone, laptop = _browser(alice, IPHONE), _browser(alice, FIREFOX)
    answer = laptop.post(_end_links(laptop)[0], follow=True)
    assert "The device was logged out." in answer.content.decode()
    assert not _is_logged_in(phone)
    assert _is_logged_in(laptop)
    event = newest_event(action="session.ended")
    assert (event.actor, event.target) == ("alice", "Safari, iPhone")


def test_nobody_ends_the_session_of_another(alice):
    victim = _browser(alice, FIREFOX)
    _browser(alice, IPHONE)
    link = _end_links(victim)[0]
    stranger = _browser(make_user("bob"), FIREFOX)
    foreign, missing = stranger.post(link), stranger.post(f"/accounts/sessions/{'0' * 32}/end/")
    assert foreign.status_code == missing.status_code == 404
    assert len(_end_links(victim)) == 1


def test_all_others_are_logged_out_tracked_or_not(alice):
    phone, laptop = _browser(alice, IPHONE), _browser(alice, FIREFOX)
    UserSession.objects.filter(user_agent=IPHONE).delete()  # as of older code
    stranger = _browser(make_user("bob"), FIREFOX)
    answer = laptop.post(f"{PAGE}end-others/", follow=True)
    assert "All other devices were logged out." in answer.content.decode()
    assert not _is_logged_in(phone)
    assert _is_logged_in(laptop)
    assert _is_logged_in(stranger)
    assert _end_links(laptop) == []
    assert settings.DEVICE_COOKIE_NAME in laptop.cookies
    assert AuditEvent.objects.filter(action="sessions.others_ended", actor=alice).exists()


def test_what_is_ended_otherwise_is_not_listed(alice):
    phone, laptop = _browser(alice, IPHONE), _browser(alice, FIREFOX)
    tablet = _browser(alice, "Tablet/1")
    phone.post("/accounts/logout/")
    Session.objects.filter(session_key=tablet.session.session_key).update(expire_date=timezone.now())
    assert _end_links(laptop) == []
    sessions.delete_expired()
    assert UserSession.objects.count() == 1


def test_tracking_costs_two_queries_in_five_minutes_and_no_answer(alice, django_assert_num_queries, monkeypatch):
    browser = _browser(alice, FIREFOX)
    with django_assert_num_queries(2):  # the session, the user
        browser.get("/accounts/data/")
    now = sessions.time.monotonic
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now() + sessions.SEEN_RESOLUTION_S)
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    with django_assert_num_queries(4):
        browser.get("/accounts/data/")
    assert timezone.now() - UserSession.objects.get().last_seen_at < timedelta(minutes=1)


def test_the_list_costs_the_same_queries_for_any_number_of_sessions(alice, django_assert_num_queries):
    browser = _browser(alice, FIREFOX)
    for expected in (1, 20):
        for number in range(expected - 1):
            _browser(alice, f"Program{number}/1")
        with django_assert_num_queries(4):  # the session, the user, the tracked sessions, the sessions
            page = browser.get(PAGE).content.decode()
        assert page.count('class="row"') == expected
