"""Limits on wrong codes: by account and address, higher by each alone, and nobody locks out somebody else."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db.models import F
from django.test import Client

from accounts.models import AttemptCount, AuditEvent
from tests.accounts import test_flows
from tests.accounts.factors.people import FACTORS, STEP, begin_log_in, code_of, make_with_app
from tests.accounts.test_flows import PASSWORD

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
TOO_MANY = "Too many attempts"


def _from(ip, name="alice"):
    """Return a browser at that address, which has given the right password."""
    return begin_log_in(name, client=Client(REMOTE_ADDR=ip))


def _is_refused(answer):
    return TOO_MANY in answer.content.decode()


def _fail(client, times=1):
    return [_is_refused(client.post(STEP, {"code": "000000"})) for _ in range(times)]


def test_the_sixth_wrong_code_is_refused_and_the_right_one_too_for_five_minutes():
    make_with_app()
    client = _from("10.0.0.1")
    assert _fail(client, 7) == [False] * 5 + [True] * 2
    assert _is_refused(client.post(STEP, {"code": code_of()}))
    assert AuditEvent.objects.filter(action="login.second_factor_failed").count() == 5
    AttemptCount.objects.update(until=F("until") - timedelta(minutes=5))
    assert client.post(STEP, {"code": code_of()}).status_code == 302


def test_a_new_session_starts_no_new_count():
    make_with_app()
    assert [_fail(_from("10.0.0.1"))[0] for _ in range(6)] == [False] * 5 + [True]


def test_who_has_the_password_cannot_lock_out_a_known_device():
    make_with_app()
    owner = _from("10.1.0.1")
    assert owner.post(STEP, {"code": code_of()}).status_code == 302
    owner.post("/accounts/logout/")
    for number in range(50):
        _fail(_from(f"10.0.1.{number}"))
    assert _is_refused(_from("10.2.0.1").post(STEP, {"code": code_of(steps=1)}))
    begin_log_in(client=owner)
    assert owner.post(STEP, {"code": code_of(steps=1)}).status_code == 302


def test_a_known_device_has_a_limit_of_its_own():
    make_with_app()
    owner = _from("10.1.0.1")
    owner.post(STEP, {"code": code_of()})
    owner.post("/accounts/logout/")
    begin_log_in(client=owner)
    assert _fail(owner, 6) == [False] * 5 + [True]


def test_without_the_password_nobody_can_use_up_the_codes_of_another():
    make_with_app()
    stranger = Client(REMOTE_ADDR="10.0.0.1")
    for _ in range(10):
        stranger.post("/accounts/login/", {"login": "alice", "password": "a guess"})
        assert stranger.post(STEP, {"code": "000000"}).url == "/accounts/login/"
    assert _from("10.0.0.2").post(STEP, {"code": code_of()}).status_code == 302


def test_wrong_passwords_and_wrong_codes_have_separate_counts():
    make_with_app()
    client = _from("10.0.0.1")
    for _ in range(5):
        Client(REMOTE_ADDR="10.0.0.1").post("/accounts/login/", {"login": "alice", "password": "a guess"})
    assert _fail(client) == [False]
    assert client.post(STEP, {"code": code_of()}).status_code == 302


def test_an_address_is_refused_after_fifty_wrong_codes():
    for number in range(11):
        make_with_app(f"user{number}")
    for number in range(10):
        assert _fail(_from("10.0.0.1", f"user{number}"), 5) == [False] * 5
    assert _is_refused(_from("10.0.0.1", "user10").post(STEP, {"code": code_of()}))
    assert _from("10.0.0.2", "user10").post(STEP, {"code": code_of()}).status_code == 302


def test_codes_that_confirm_who_is_there_share_the_limit():
    make_with_app()
    client = _from("10.0.0.1")
    client.post(STEP, {"code": code_of()})
    url = f"{FACTORS}reauthenticate/"
    answers = [_is_refused(client.post(url, {"code": "000000"})) for _ in range(6)]
    assert answers == [False] * 5 + [True]


def test_right_codes_are_not_counted():
    make_with_app()
    for _ in range(8):
        assert _from("10.0.0.1").post(STEP, {"code": code_of()}).status_code == 302
        Authenticator.objects.update(data={**Authenticator.objects.get().data, "last_step": 0})


def test_a_step_is_over_after_a_quarter_of_an_hour(monkeypatch):
    make_with_app()
    client = _from("10.0.0.1")
    later = __import__("time").time() + 16 * 60
    monkeypatch.setattr("allauth.account.internal.stagekit.time.time", lambda: later)
    assert client.post(STEP, {"code": code_of()}).url == "/accounts/login/"


def test_many_steps_of_one_password_do_not_help():
    make_with_app()
    clients = [_from("10.0.0.1") for _ in range(3)]
    assert [_fail(client, 2) for client in clients] == [[False] * 2, [False] * 2, [False, True]]


def test_the_password_is_still_asked_first(client):
    make_with_app()
    assert client.get(STEP).url == "/accounts/login/"
    assert client.post(STEP, {"code": code_of()}).url == "/accounts/login/"
    assert client.post("/accounts/login/", {"login": "alice", "password": PASSWORD}).url == STEP
