"""Limits on wrong passwords, wrong tokens, sign-ups and resets: what is refused, to whom, and who never is."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from post_office.models import Email
from rest_framework.test import APIClient

from accounts.limits import counts
from accounts.limits.counts import Count
from accounts.models import AttemptCount
from accounts.tokens import create_token
from tests.accounts import test_flows
from tests.accounts.test_access import _reset, _token_works
from tests.accounts.test_flows import OTHER, PASSWORD, _make
from tests.factories import make_user

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
LOG_IN, TOO_MANY = "/accounts/login/", "Too many attempts"


def _log_in(client, name="alice", password=None):
    return client.post(LOG_IN, {"login": name, "password": password or "a guess"})


def _from(ip, **headers):
    return Client(REMOTE_ADDR=ip, headers=headers)


def _is_refused(answer):
    page = answer.content.decode()
    return TOO_MANY in page.split("<main", 1)[-1].split("data-passkey")[0]  # whose messages are further down


def _fail(times, name="alice", ip="10.0.0.1"):
    return [_is_refused(_log_in(_from(ip), name)) for _ in range(times)]


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_the_sixth_wrong_try_is_refused_and_logged_also_for_an_unknown_name(name, caplog):
    user = _make()
    with caplog.at_level(logging.WARNING, "accounts"):
        assert _fail(7, name) == [False] * 5 + [True] * 2
    who = f"user {user.pk}" if name == "alice" else "no user"
    assert [record.getMessage() for record in caplog.records] == [f"Too many attempts at {who} from 10.0.0.1"] * 2


def test_after_five_wrong_tries_the_right_password_is_refused_there_for_five_minutes_and_nowhere_else():
    _make()
    _fail(5)
    assert _is_refused(_log_in(_from("10.0.0.1"), password=PASSWORD))
    assert _log_in(_from("10.0.0.2"), password=PASSWORD).status_code == 302
    AttemptCount.objects.update(until=F("until") - timedelta(minutes=5))
    assert _log_in(_from("10.0.0.1"), password=PASSWORD).status_code == 302


def test_wrong_tries_by_name_and_by_address_share_one_limit():
    alice = _make()
    assert _fail(3) + _fail(3, alice.email) + _fail(1, "ALICE") == [False] * 5 + [True] * 2


def test_a_name_is_refused_everywhere_after_fifty_tries_but_not_on_a_device_of_its_owner():
    _make()
    known = _from("10.1.0.1")
    assert _log_in(known, password=PASSWORD).status_code == 302
    known.post("/accounts/logout/")
    assert not any(_fail(1, ip=f"10.0.1.{number}")[0] for number in range(50))
    assert _is_refused(_log_in(_from("10.2.0.1"), password=PASSWORD))
    assert _log_in(known, password=PASSWORD).status_code == 302


def test_a_known_device_gets_in_although_others_failed_behind_its_address():
    _make()
    known = _from("10.0.0.1")
    _log_in(known, password=PASSWORD)
    known.post("/accounts/logout/")
    _fail(6)
    for number in range(60):
        _log_in(_from("10.0.0.1"), f"somebody{number}")
    assert _log_in(known, password=PASSWORD).status_code == 302


def test_a_known_device_has_a_limit_of_its_own():
    _make()
    known = _from("10.0.0.1")
    _log_in(known, password=PASSWORD)
    known.post("/accounts/logout/")
    assert [_is_refused(_log_in(known)) for _ in range(6)] == [False] * 5 + [True]


def test_a_device_is_known_only_for_the_accounts_that_were_used_there():
    _make()
    _make("bob", "bob@example.org")
    thief = _from("10.0.0.1")
    _log_in(thief, "bob", PASSWORD)
    thief.post("/accounts/logout/")
    _fail(5)
    assert _is_refused(_log_in(thief))
    cookie = thief.cookies["inkling_device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    _device, mark = cookie.value.split(".")
    thief.cookies["inkling_device"] = f"another.{mark}"
    assert _is_refused(_log_in(thief))


def test_two_people_can_share_a_device():
    _make()
    _make("bob", "bob@example.org")
    shared = _from("10.0.0.1")
    for name in ("alice", "bob"):
        _log_in(shared, name, PASSWORD)
        shared.post("/accounts/logout/")
    for name in ("alice", "bob"):
        _fail(6, name)
        assert _log_in(shared, name, PASSWORD).status_code == 302
        shared.post("/accounts/logout/")


def test_a_reset_ends_known_devices():
    alice = _make()
    known = _from("10.0.0.1")
    _log_in(known, password=PASSWORD)
    known.post("/accounts/logout/")
    _reset(alice.email)
    _fail(5)
    assert _is_refused(_log_in(known, password=OTHER))


def test_a_right_password_is_not_counted():
    _make()
    assert {_log_in(_from("10.0.0.1"), password=PASSWORD).status_code for _ in range(60)} == {302}
    assert _fail(6) == [False] * 5 + [True]


def test_what_others_do_behind_an_address_refuses_nobody_below_the_high_limit():
    _make()
    for number in range(49):
        _log_in(_from("10.0.0.1"), f"somebody{number}")
    assert _log_in(_from("10.0.0.1"), password=PASSWORD).status_code == 302
    _log_in(_from("10.0.0.1"), "somebody")
    assert _is_refused(_log_in(_from("10.0.0.1"), password=PASSWORD))


def test_refused_tries_use_up_no_other_limit():
    _make()
    _fail(60)
    assert _log_in(_from("10.0.0.2"), password=PASSWORD).status_code == 302
    assert _log_in(_from("10.0.0.1"), "somebody").status_code == 200


def test_the_host_header_starts_no_new_count():
    _make()
    hosts = ["127.0.0.1", "localhost", "127.0.0.1:81", "localhost:82", "127.0.0.1:83", "localhost:84"]
    answers = [_log_in(_from("10.0.0.1", host=host)) for host in hosts]
    assert [_is_refused(answer) for answer in answers] == [False] * 5 + [True]


@pytest.mark.parametrize("method", ["options", "trace", "head", "get"])
def test_other_methods_count_nothing(method):
    _make()
    for page in (LOG_IN, "/accounts/signup/", "/accounts/password/reset/", "/api/v1/submissions/"):
        for _ in range(30):
            getattr(_from("10.0.0.1", authorization="Token x" if method != "get" else ""), method)(page)
    assert not AttemptCount.objects.exists()
    assert _log_in(_from("10.0.0.1"), password=PASSWORD).status_code == 302


def test_an_ipv6_network_is_one_address():
    _make()
    assert not any(_fail(1, ip=f"2001:db8:0:1::{number}")[0] for number in range(1, 6))
    assert _fail(1, ip="2001:db8:0:1:ffff::1") == [True]
    assert _fail(1, ip="2001:db8:0:2::1") == [False]
    assert _fail(1, ip="::ffff:10.0.0.9") == [False]
    assert _fail(5, ip="10.0.0.9")[-1] is True


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_a_forged_x_forwarded_for_starts_no_new_count(settings, proxies):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    _make()
    hops = {0: [], 1: ["10.0.0.1"], 2: ["10.0.0.1", "172.16.0.1"]}[proxies]
    refused = []
    for number in range(6):
        forwarded = ", ".join([f"1.2.3.{number}", *hops])
        refused.append(_is_refused(_log_in(_from("127.0.0.1", x_forwarded_for=forwarded))))
    assert refused == [False] * 5 + [True]


def test_the_sixth_wrong_password_is_refused_when_it_is_asked_again_and_when_it_is_changed():
    _make()
    client = _from("10.0.0.1")
    _log_in(client, password=PASSWORD)
    for number in range(6):
        if number % 2:
            answer = client.post("/accounts/reauthenticate/", {"password": "a guess"})
        else:
            given = {"oldpassword": "a guess", "password1": OTHER, "password2": OTHER}
            answer = client.post("/accounts/password/change/", given)
        assert _is_refused(answer) is (number == 5)


def test_wrong_tokens_are_limited_by_address_and_right_ones_never():
    text = create_token(make_user(), "laptop")
    wrong = APIClient(REMOTE_ADDR="10.0.0.1")
    answers = []
    for number in range(7):
        wrong.credentials(HTTP_AUTHORIZATION=f"Token wrong{number}")
        answers.append(wrong.get("/api/v1/submissions/"))
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[-1].data["error"]["code"] == "too_many_requests"
    assert 0 < int(answers[-1]["Retry-After"]) <= 300
    wrong.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    assert wrong.get("/api/v1/submissions/").status_code == 200
    assert _token_works(text)


def test_sign_ups_are_limited_by_address(settings):
    settings.SIGN_UPS_PER_MINUTE = 2
    answers = [_from("10.0.0.1").post("/accounts/signup/", {"username": "x"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert _from("10.0.0.2").post("/accounts/signup/", {"username": "x"}).status_code == 200


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_above_the_limit_of_resets_the_answer_is_the_same_and_no_mail_is_sent(email):
    _make()
    answers = [_from("10.0.0.1").post("/accounts/password/reset/", {"email": email}) for _ in range(7)]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, "/accounts/password/reset/done/")}
    assert Email.objects.filter(to=email).count() == 5


def test_old_counts_are_deleted():
    _fail(1)
    counts.delete_expired()
    assert AttemptCount.objects.count() == 3
    AttemptCount.objects.update(until=F("until") - timedelta(hours=1))
    counts.delete_expired()
    assert not AttemptCount.objects.exists()


def test_names_and_addresses_are_not_stored():
    _fail(1, "my secret password")
    assert "secret" not in str(list(AttemptCount.objects.values_list()))
    assert "10.0.0.1" not in str(list(AttemptCount.objects.values_list()))


@pytest.mark.django_db(transaction=True)
def test_concurrent_attempts_cannot_pass_a_limit_together_and_do_not_deadlock():
    def attempt(number):
        try:
            pair = Count("pair", str(number % 2), 5, 300)
            refused = counts.take(pair, Count("name", "alice", 8, 3600), Count("address", "x", 50, 3600))
            if not refused and number % 10 == 0:
                counts.give_back(pair, Count("name", "alice", 8, 3600))
                return 0
            return int(not refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(60))) <= 8
    assert sorted(AttemptCount.objects.values_list("count", flat=True))
