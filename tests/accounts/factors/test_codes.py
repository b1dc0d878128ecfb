"""Codes of an authenticator app and recovery codes: set up, used once, limited, and encrypted at rest."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import connection
from django.test import Client
from post_office.models import Email

from accounts.models import ApiToken, User
from tests.accounts import test_flows
from tests.accounts.factors.people import (
    FACTORS,
    SECRET,
    STEP,
    begin_log_in,
    code_of,
    forget_used_codes,
    make_with_app,
)
from tests.accounts.test_flows import OTHER, PASSWORD, _actions, _logged_in, _make
from tests.audit import named_events

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
ACTIVATE, CODES = f"{FACTORS}totp/activate/", f"{FACTORS}recovery-codes/"


def _confirm(client, url, **given):
    """Open a page that asks who is there, and confirm it."""
    answer = client.get(url)
    assert "reauthenticate" in answer.url
    return client.post(answer.url, given or {"password": PASSWORD})


def _set_up(client):
    """Set an app up; return its secret and the recovery codes that are shown."""
    _confirm(client, ACTIVATE)
    secret = client.get(ACTIVATE).context["form"].secret
    answer = client.post(ACTIVATE, {"code": code_of(secret)})
    assert answer.url == CODES, answer
    return secret, client.get(CODES).context["unused_codes"]


def _is_in(client):
    return client.get("/accounts/profile/").status_code == 200


sends_mail_after_the_commit = pytest.mark.django_db(transaction=True)


@sends_mail_after_the_commit
def test_an_app_is_set_up_with_the_password_and_its_code_and_shows_recovery_codes_once(client):
    _make()
    client.force_login(User.objects.get())
    secret, shown = _set_up(client)
    assert len(shown) == len(set(shown)) == 10
    assert not client.get(CODES).context["can_view_codes"]
    assert set(shown).isdisjoint(client.get(CODES).content.decode().split())
    assert _actions()[-2:] == ["factor.added", "recovery_codes.made"]
    assert "authenticator app" in Email.objects.get().subject
    assert secret not in str(list(Authenticator.objects.values_list("data")))


def test_a_log_in_asks_for_the_code_and_until_then_nobody_is_logged_in():
    make_with_app()
    client = begin_log_in()
    assert not _is_in(client)
    assert client.get("/history/").status_code == 302
    assert client.get("/api/v1/submissions/").status_code == 401
    assert client.get("/admin/").status_code == 302
    assert client.get(STEP).status_code == 200
    assert client.post(STEP, {"code": code_of()}).url == "/"
    assert _is_in(client)
    assert client.get("/api/v1/submissions/").status_code == 200


def test_the_code_is_not_asked_of_others():
    _make()
    assert _is_in(_logged_in())


def test_a_log_in_leads_on_to_where_it_came_from():
    make_with_app()
    client = Client()
    client.post("/accounts/login/?next=/history/", {"login": "alice", "password": PASSWORD, "next": "/history/"})
    assert client.post(STEP, {"code": code_of()}).url == "/history/"


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_taken_one_step_early_or_late(steps, is_right):
    make_with_app()
    client = begin_log_in()
    client.post(STEP, {"code": code_of(steps=steps)})
    assert _is_in(client) is is_right


def test_an_app_code_works_once_and_so_does_no_older_one():
    make_with_app()
    begin_log_in().post(STEP, {"code": code_of()})
    again = begin_log_in()
    for steps in (0, -1):
        assert "used before" in again.post(STEP, {"code": code_of(steps=steps)}).content.decode()
    assert not _is_in(again)
    again.post(STEP, {"code": code_of(steps=1)})
    assert _is_in(again)


def test_the_code_that_set_the_app_up_does_not_log_in():
    _make()
    here = _logged_in()
    secret, _shown = _set_up(here)
    other = begin_log_in()
    other.post(STEP, {"code": code_of(secret)})
    assert not _is_in(other)


def test_a_recovery_code_works_once_with_or_without_its_hyphen_and_tells_the_owner():
    _make()
    here = _logged_in()
    _secret, shown = _set_up(here)
    for code in (shown[0], shown[1].replace("-", "")):
        client = begin_log_in()
        client.post(STEP, {"code": code})
        assert _is_in(client)
        used = begin_log_in()
        used.post(STEP, {"code": code})
        assert not _is_in(used)
    assert _actions().count("recovery_code.used") == 2
    assert "left: 8" in Email.objects.filter(subject__contains="recovery code").latest("pk").message
    assert here.get(FACTORS).context["codes_left"] == 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_two_requests_with_one_code_at_once_one_is_refused(kind):
    alice = make_with_app()
    code = code_of() if kind == "app" else RecoveryCodes.activate(alice).generate_codes()[0]

    def use(client):
        try:
            return client.post(STEP, {"code": code}).status_code
        finally:
            connection.close()

    clients = [begin_log_in() for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, clients)) == [200, 302]


@sends_mail_after_the_commit
def test_new_recovery_codes_replace_the_old_ones():
    _make()
    here = _logged_in()
    _secret, old = _set_up(here)
    assert here.post(f"{CODES}generate/").url == CODES
    new = here.get(CODES).context["unused_codes"]
    assert set(new).isdisjoint(old)
    assert _actions()[-1] == "recovery_codes.made"
    assert "New recovery codes" in Email.objects.latest("pk").subject
    for code, is_right in ((old[0], False), (new[0], True)):
        client = begin_log_in()
        client.post(STEP, {"code": code})
        assert _is_in(client) is is_right


def test_codes_that_were_used_before_the_first_look_are_not_shown():
    recovery = RecoveryCodes.activate(make_with_app())
    used = recovery.generate_codes()
    client = begin_log_in()
    client.post(STEP, {"code": used[0]})
    _confirm(client, CODES, code=used[1])
    shown = client.get(CODES).context["unused_codes"]
    assert [code.replace("-", "") for code in shown] == used[2:]


def test_an_app_is_removed_after_a_code_with_its_recovery_codes():
    make_with_app()
    client = begin_log_in()
    client.post(STEP, {"code": code_of()})
    forget_used_codes()
    remove = f"{FACTORS}totp/deactivate/"
    _confirm(client, remove, code=code_of())
    assert client.post(remove).url == FACTORS
    assert not Authenticator.objects.exists()
    assert _actions()[-1] == "factor.removed"
    assert "removed" in Email.objects.latest("pk").subject
    assert _is_in(_logged_in())


def test_the_password_does_not_confirm_who_has_a_factor():
    make_with_app()
    client = begin_log_in()
    client.post(STEP, {"code": code_of()})
    assert client.get(f"{FACTORS}totp/deactivate/").url.startswith(f"{FACTORS}reauthenticate/")
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).url.startswith(f"{FACTORS}reauthenticate/")
    assert client.post(f"{FACTORS}totp/deactivate/").status_code == 302
    assert Authenticator.objects.exists()
    client.post("/accounts/tokens/", {"name": "laptop", "days": "30"})
    assert not ApiToken.objects.exists()


def test_the_first_factor_ends_other_sessions_and_a_second_one_does_not():
    _make()
    elsewhere, here = _logged_in(), _logged_in()
    _set_up(here)
    assert _is_in(here)
    assert not _is_in(elsewhere)


def test_the_form_sent_twice_adds_one_app():
    _make()
    here = _logged_in()
    _confirm(here, ACTIVATE)
    secret = here.get(ACTIVATE).context["form"].secret
    session = here.session
    here.post(ACTIVATE, {"code": code_of(secret)})
    session["mfa.totp.secret"] = secret
    assert here.post(ACTIVATE, {"code": code_of(secret)}).status_code == 302
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_a_former_secret_key_still_decrypts_and_another_one_lets_nobody_in(settings):
    make_with_app()
    former, settings.SECRET_KEY = settings.SECRET_KEY, "a new one"
    client = begin_log_in()
    assert client.post(STEP, {"code": code_of()}).status_code == 200
    settings.SECRET_KEY_FALLBACKS = [former]
    client = begin_log_in()
    assert client.post(STEP, {"code": code_of()}).status_code == 302


def test_secrets_are_encrypted_in_the_database():
    alice = make_with_app()
    recovery = RecoveryCodes.activate(alice)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in stored
    assert not any(code in stored for code in recovery.generate_codes())


def test_the_password_is_changed_only_after_a_code():
    user = make_with_app()
    client = Client()
    client.force_login(user)
    answer = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    )
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/2fa/reauthenticate/")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_wrong_codes_are_recorded_with_the_address():
    make_with_app()
    begin_log_in().post(STEP, {"code": "000000"})
    [line] = named_events()
    assert (line.event.action, line.target, line.address) == ("login.second_factor_failed", "alice", "127.0.0.1")


def test_a_code_of_somebody_else_does_not_help():
    make_with_app()
    bob = _make("bob", "bob@example.org")
    RecoveryCodes.activate(bob)
    for code in RecoveryCodes.activate(bob).generate_codes()[:3]:
        client = begin_log_in()
        client.post(STEP, {"code": code})
        assert not _is_in(client)
