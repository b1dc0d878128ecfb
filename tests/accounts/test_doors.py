"""What log-in, sign-up and reset tell of known and unknown names and addresses: nothing, by answer, queries or mail."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from post_office.models import Email

from accounts.models import User
from tests.accounts import test_flows
from tests.accounts.test_flows import PASSWORD, _make

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
SECRETS = re.compile(r'(csrfmiddlewaretoken" value|nonce|csrf-token)="[^"]+"')


def _ask(path, given, hide):
    """Return what a stranger sees of the answer: status, header names, cookies, pages, and how many queries it took."""
    client = Client()
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.post(path, given)
    count = len(queries)  # later requests delete the log
    pages = [answer.content.decode(), client.get(answer.url).content.decode() if answer.status_code == 302 else ""]
    pages.append(client.get("/accounts/email/").content.decode())
    shown = [SECRETS.sub("", page).replace(hide, "*").replace(hide.split("@")[0], "*") for page in pages]
    cookies = {name: len(cookie.value) for name, cookie in answer.cookies.items()}
    return answer.status_code, sorted(answer.headers), cookies, shown, count


@pytest.mark.parametrize("by", ["name", "address"])
def test_a_wrong_password_is_answered_alike_for_known_and_unknown(by):
    _make("alice", "alice@example.org")
    Client().get("/accounts/login/")
    typed = ("alice", "nobod") if by == "name" else ("alice@example.org", "nobod@example.org")
    known, unknown = (_ask("/accounts/login/", {"login": login, "password": "a guess"}, login) for login in typed)
    assert known == unknown


@pytest.mark.parametrize("how", ["confirmed", "set by an administrator", "never confirmed"])
def test_a_reset_is_answered_alike_for_known_and_unknown(how):
    user = User.objects.create_user("alice", "alice@example.org", PASSWORD)
    if how != "set by an administrator":
        user.emailaddress_set.create(email=user.email, verified=how == "confirmed", primary=True)
    emails = ("alice@example.org", "nobod@example.org")
    known, unknown = (_ask("/accounts/password/reset/", {"email": email}, email) for email in emails)
    assert known == unknown
    assert [mail.to for mail in Email.objects.order_by("pk")] == [[email] for email in emails]


@pytest.mark.parametrize("verification", ["optional", "mandatory"])
@pytest.mark.parametrize("how", ["confirmed", "set by an administrator"])
def test_a_sign_up_is_answered_alike_for_known_and_unknown_addresses(settings, verification, how):
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    user = User.objects.create_user("alice", "alice@example.org", PASSWORD)
    if how == "confirmed":
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    answers = []
    for email in ("alice@example.org", "nobod@example.org"):
        name = uuid4().hex[:12]
        given = {"username": name, "email": email, "password1": PASSWORD, "password2": PASSWORD}
        status, headers, cookies, pages, queries = _ask("/accounts/signup/", given, email)
        answers.append(
            (status, headers, cookies, [re.sub(rf"{name}|data-user=\"\d+\"", "", x) for x in pages], queries)
        )
        assert User.objects.get(username=name).email == "", "the address has no effect until it is confirmed"
    assert answers[0] == answers[1]
    told, link = Email.objects.order_by("pk")
    assert (told.to, link.to) == (["alice@example.org"], ["nobod@example.org"])
    assert "belongs to an account already" in told.message
    assert "http://127.0.0.1:8000/accounts/password/reset/" in told.message
    assert "/accounts/confirm-email/" in link.message


def test_an_address_that_others_asked_for_takes_one_hash_as_any_other(monkeypatch):
    User.objects.create_user("alice", "alice@example.org", PASSWORD)  # as an administrator makes one
    for name in ("bob", "carol"):
        User.objects.create_user(name, "", PASSWORD).emailaddress_set.create(email="alice@example.org")
    checked, before = [], User.check_password
    monkeypatch.setattr(User, "check_password", lambda user, text: checked.append(user) or before(user, text))
    Client().post("/accounts/login/", {"login": "alice@example.org", "password": "a guess"})
    assert len(checked) == 1


def test_a_name_cannot_be_an_address():
    given = {"username": "victim@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert "cannot be an email address" in Client().post("/accounts/signup/", given).content.decode()
