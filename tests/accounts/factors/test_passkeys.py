"""Passkeys: added, used alone and as a second factor, renamed and removed; what made-up answers get."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from post_office.models import Email

from accounts.models import User
from tests.accounts import test_flows
from tests.accounts.factors.people import FACTORS, STEP, SecurityKey, begin_log_in
from tests.accounts.test_flows import PASSWORD, _actions, _logged_in, _make

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
ADD, LOG_IN = f"{FACTORS}webauthn/add/", f"{FACTORS}webauthn/login/"
JSON = {"accept": "application/json"}


def _options(client, url):
    return json.loads(client.get(url).context["passkey_options"])


def _add(client, key=None, name="laptop", **confirmed):
    """Add a passkey to the account of a browser that is logged in."""
    key = key or SecurityKey()
    answer = client.get(ADD)
    if answer.status_code == 302:
        client.post(answer.url, confirmed or {"password": PASSWORD})
    answer = client.post(ADD, {"name": name, "credential": key.create(_options(client, ADD))})
    return key, answer


def _make_with_passkey(name="alice", key=None):
    user = _make(name, f"{name}@example.org")
    client = _logged_in(name)
    key, answer = _add(client, key)
    assert answer.status_code == 302, answer.context["form"].errors
    return user, key, client


def _log_in_by(key, client=None, **given):
    client = client or Client()
    options = client.get(LOG_IN, headers=JSON).json()["request_options"]
    return client, client.post(LOG_IN, {"credential": key.get(options), **given})


def _is_in(client):
    return client.get("/accounts/profile/").status_code == 200


@pytest.mark.parametrize("made_up", ["9" * 100_000, "9" * 5_000, "[" * 15_000, '{"a":' * 3_000])
def test_a_response_that_is_too_long_or_too_deep_is_refused(made_up, caplog):
    client = Client()
    client.get(LOG_IN, headers=JSON)
    answer = client.post(LOG_IN, {"credential": made_up})
    assert answer.status_code < 500
    assert not caplog.records


def test_a_passkey_is_added_after_the_password_with_a_mail_and_recovery_codes():
    _user, _key, client = _make_with_passkey()
    assert _actions() == ["user.logged_in", "factor.added", "recovery_codes.made"]
    assert "passkey" in Email.objects.get().subject
    assert "laptop" in client.get(FACTORS).content.decode()
    assert client.get(FACTORS).context["codes_left"] == 10


def test_a_passkey_logs_in_alone_without_a_second_factor():
    _user, key, _client = _make_with_passkey()
    client, answer = _log_in_by(key, next="/history/")
    assert answer.url == "/history/"
    assert _is_in(client)
    assert _actions()[-1] == "login.passkey"


def test_a_passkey_is_the_second_factor_after_a_password():
    _user, key, _client = _make_with_passkey()
    client = begin_log_in()
    answer = client.post(STEP, {"credential": key.get(_options(client, STEP))})
    assert answer.url == "/"
    assert _is_in(client)


def test_a_passkey_confirms_who_is_there():
    _user, key, _client = _make_with_passkey()
    client, _answer = _log_in_by(key)
    asked = client.get(f"{FACTORS}recovery-codes/generate/").url
    assert asked.startswith(f"{FACTORS}webauthn/reauthenticate/")
    client.post(asked, {"credential": key.get(_options(client, asked))})
    assert client.get(f"{FACTORS}recovery-codes/generate/").status_code == 200


def test_the_browser_is_asked_for_a_passkey_that_checks_its_holder_for_the_site_of_public_url(settings):
    _make()
    client = _logged_in()
    client.post(client.get(ADD).url, {"password": PASSWORD})
    for public_url, site in (
        ("https://digits.example.org", "digits.example.org"),
        ("http://127.0.0.1:8000", "localhost"),
    ):
        settings.PUBLIC_URL = public_url
        page = client.get(ADD, headers={"host": "localhost:666"})
        options = json.loads(page.context["passkey_options"])["publicKey"]
        assert options["rp"] == {"id": site, "name": "Inkling"}
        chosen = options["authenticatorSelection"]
        assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
        asked = Client().get(LOG_IN, headers=JSON | {"host": "localhost:666"}).json()["request_options"]["publicKey"]
        assert (asked["rpId"], asked["userVerification"]) == (site, "required")


@pytest.mark.parametrize(
    "key",
    [
        SecurityKey(verifies=False),
        SecurityKey(origin="http://evil.example"),
        SecurityKey(origin="https://localhost.evil.example"),
        SecurityKey(rp_id="evil.example"),
    ],
    ids=["does not verify", "another site", "a site named alike", "for another site"],
)
def test_a_passkey_that_does_not_fit_is_neither_added_nor_used(key):
    _make()
    client = _logged_in()
    _key, answer = _add(client, key)
    assert answer.status_code == 200
    assert not Authenticator.objects.exists()
    right = SecurityKey()
    _add(client, right)
    right.verifies, right.origin, right.rp_id = key.verifies, key.origin, key.rp_id
    other, answer = _log_in_by(right)
    assert answer.url == "/accounts/login/"
    assert not _is_in(other)


def test_the_challenge_of_another_page_or_of_an_earlier_log_in_is_refused():
    _user, key, _client = _make_with_passkey()
    client = Client()
    options = client.get(LOG_IN, headers=JSON).json()["request_options"]
    client.get(LOG_IN, headers=JSON)
    client.post(LOG_IN, {"credential": key.get(options)})
    assert not _is_in(client)
    first, _answer = _log_in_by(key)
    options = first.get("/accounts/logout/") and client.get(LOG_IN, headers=JSON).json()["request_options"]
    answer = key.get(options)
    client.post(LOG_IN, {"credential": answer})
    client.post("/accounts/logout/")
    client.post(LOG_IN, {"credential": answer})
    assert not _is_in(client)


def test_the_passkey_of_one_account_does_not_log_in_to_another():
    _alice, key, _client = _make_with_passkey()
    bob, bobs, _client = _make_with_passkey("bob")
    key.user_handle = bobs.user_handle
    client, _answer = _log_in_by(key)
    assert not _is_in(client)
    step = begin_log_in("bob")
    step.post(STEP, {"credential": key.get(_options(step, STEP))})
    assert not _is_in(step)
    assert bob.username == "bob"


def test_a_deactivated_account_has_no_log_in_by_passkey():
    user, key, _client = _make_with_passkey()
    User.objects.filter(pk=user.pk).update(is_active=False)
    client, _answer = _log_in_by(key)
    assert not _is_in(client)
    assert "login.passkey" not in _actions()


MADE_UP = ["", "x", "null", "[]", "{}", "7", '"text"', '{"response": []}', '{"response": {"userHandle": 7}}']
MADE_UP += ['{"id": "AA", "rawId": "AA", "response": {}, "type": "public-key", "clientExtensionResults": {}}']


@pytest.mark.parametrize("credential", MADE_UP)
def test_made_up_answers_are_refused(credential):
    _user, _key, client = _make_with_passkey()
    other = Client()
    other.get(LOG_IN, headers=JSON)
    assert other.post(LOG_IN, {"credential": credential}).status_code == 302
    assert client.post(ADD, {"name": "x", "credential": credential}).status_code == 200
    step = begin_log_in()
    assert step.post(STEP, {"credential": credential}).status_code == 200
    url = f"{FACTORS}webauthn/reauthenticate/"
    assert client.post(url, {"credential": credential}).status_code == 200
    assert not _is_in(other)
    assert not _is_in(step)
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_answers_of_unknown_keys_and_with_missing_parts_are_refused():
    _user, known, _client = _make_with_passkey()
    key, client = SecurityKey(), Client()
    key.user_handle = known.user_handle
    whole = json.loads(key.get(client.get(LOG_IN, headers=JSON).json()["request_options"]))
    for part in ("id", "rawId", "type", "response"):
        rest = {name: value for name, value in whole.items() if name != part}
        assert client.post(LOG_IN, {"credential": json.dumps(rest)}).status_code == 302
    for part in whole["response"]:
        for value in (None, "", "AA", 7, "AA" * 40_000):
            broken = whole | {"response": whole["response"] | {part: value}}
            assert client.post(LOG_IN, {"credential": json.dumps(broken)}).status_code == 302
    assert not _is_in(client)


def test_refused_passkeys_are_limited_by_address_and_right_ones_never():
    _user, key, _client = _make_with_passkey()
    client = Client(REMOTE_ADDR="10.0.0.1")
    for _ in range(51):
        client.post(LOG_IN, {"credential": '{"id": "AA"}'})
    assert "Too many attempts" in client.get("/accounts/login/").content.decode()
    client, _answer = _log_in_by(key, Client(REMOTE_ADDR="10.0.0.1"))
    assert _is_in(client)


def test_log_ins_by_passkey_that_are_only_begun_are_limited_by_address(monkeypatch):
    monkeypatch.setattr("accounts.factors.views.BEGUN", (2, 60))
    begun = [Client(REMOTE_ADDR="10.0.0.1").get(LOG_IN, headers=JSON) for _ in range(3)]
    assert [answer.status_code for answer in begun] == [200, 200, 429]
    assert 0 < int(begun[-1]["Retry-After"]) <= 60
    assert Client(REMOTE_ADDR="10.0.0.2").get(LOG_IN, headers=JSON).status_code == 200


def test_a_passkey_is_renamed_and_removed():
    user, key, _client = _make_with_passkey()
    pk = Authenticator.objects.get(user=user, type="webauthn").pk
    edit, remove = f"{FACTORS}webauthn/keys/{pk}/edit/", f"{FACTORS}webauthn/keys/{pk}/remove/"
    client, _answer = _log_in_by(key)
    asked = client.get(edit).url
    client.post(asked, {"credential": key.get(_options(client, asked))})
    assert client.post(edit, {"name": "x" * 61}).status_code == 200
    assert client.post(edit, {"name": "phone"}).url == FACTORS
    assert "phone" in client.get(FACTORS).content.decode()
    assert client.post(remove).url == FACTORS
    assert not Authenticator.objects.filter(user=user).exists()
    assert _actions()[-1] == "factor.removed"
    assert "removed" in Email.objects.latest("pk").subject
    assert _is_in(_logged_in())


def test_the_passkey_of_somebody_else_is_missing():
    user, _key, _client = _make_with_passkey()
    pk = Authenticator.objects.get(user=user, type="webauthn").pk
    _bob, _bobs, bob = _make_with_passkey("bob")
    for page in ("edit", "remove"):
        for number in (pk, 10**15):
            url = f"{FACTORS}webauthn/keys/{number}/{page}/"
            assert bob.get(url).status_code == bob.post(url, {"name": "x"}).status_code == 404


def test_the_list_of_allauth_leads_to_ours():
    _user, _key, client = _make_with_passkey()
    assert client.get(f"{FACTORS}webauthn/").url == FACTORS
