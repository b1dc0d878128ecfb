"""What the site does in small matters that no other test asks about."""

import os
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.test import Client
from django.utils import timezone
from post_office.models import Email

from accounts.factors.adapter import FactorAdapter
from accounts.guests import sessions as guest_sessions
from accounts.models import User
from accounts.sign_up import invitations
from accounts.tokens import create_token
from tests.accounts import test_flows, test_sso
from tests.accounts.factors.people import SECRET
from tests.accounts.test_flows import PASSWORD, _logged_in, _make
from tests.factories import SEVEN, make_reviewer

pytestmark = pytest.mark.django_db
real_outbox, provider = test_flows.real_outbox, test_sso.provider
ROOT = Path(__file__).resolve().parents[2]
LIST = "/api/v1/submissions/"


def test_a_new_site_has_no_accounts():
    assert not User.objects.exists()  # all migrations have run


def test_debug_is_off_unless_asked_for():
    code = "from config import settings; print(settings.DEBUG)"
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 60}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


def test_an_old_password_still_logs_in():
    _make()
    long_ago = timezone.now() - timedelta(days=3_650)
    User.objects.update(date_joined=long_ago, last_login=long_ago)
    assert _logged_in().get("/accounts/profile/").status_code == 200


def test_no_second_recipient_comes_in_by_a_form(settings):
    wrong = "alice@example.org\nBcc: mallory@example.org"
    given = {"username": "alice", "email": wrong, "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", given)
    Client().post("/accounts/signup/", given | {"username": "a\nBcc: mallory@example.org", "email": ""})
    Client().post("/accounts/password/reset/", {"email": wrong})
    assert not User.objects.exists()
    assert not Email.objects.exists()


def test_no_other_origin_may_read():
    client = Client(headers={"Origin": "https://evil.example"})
    for path in ("/", LIST, "/api/v1/schema/", "/accounts/login/", "/health/live"):
        for answer in (client.get(path), client.options(path)):
            assert [name for name in answer.headers if name.startswith("Access-Control")] == []


def test_answers_name_their_type_and_charset(settings):
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    types = {
        "/": "text/html; charset=utf-8",
        "/no-such-page/": "text/html; charset=utf-8",
        "/.well-known/security.txt": "text/plain; charset=utf-8",
        "/manifest.webmanifest": "application/manifest+json",
        LIST: "application/json",
    }
    assert {path: Client().get(path)["Content-Type"] for path in types} == types


def test_secrets_are_long_and_from_the_system():
    root = User.objects.create_superuser("root", "", PASSWORD)
    made = {
        "token": (lambda: create_token(root, name=str(User.objects.count() + random.getrandbits(60))), 40),
        "invitation": (lambda: invitations.make(root, "", "", 7)[1].rstrip("/").rsplit("/", 1)[1], 43),
        "guest": (guest_sessions.new_key, 43),
        "session": (lambda: Client().session._get_new_session_key(), 32),
        "recovery codes": (RecoveryCodes.generate_seed.__func__.__get__(RecoveryCodes), 80),
        "app": (generate_totp_secret, 32),
    }
    for name, (make, length) in made.items():
        found = set()
        for _ in range(2):
            random.seed(1)  # so that a predictable source would give the same twice
            found.add(make())
            if name == "token":
                root.auth_token_set.all().delete()
        assert len(found) == 2, name
        assert min(map(len, found)) >= length, name
    random.seed()
    assert settings.MFA_RECOVERY_CODE_DIGITS == 10


def test_single_sign_on_is_asked_for_the_second_factor_too(provider):
    test_sso._sign_up(provider)
    TOTP.activate(User.objects.get(), SECRET)
    again = Client()
    assert test_sso._go(again, provider).url.startswith("/accounts/2fa/authenticate/")
    assert not test_sso._is_logged_in(again)


def test_encryption_is_random_and_notices_changes():
    adapter = FactorAdapter()
    once, again = adapter.encrypt(SECRET), adapter.encrypt(SECRET)
    assert once != again and SECRET not in once
    assert adapter.decrypt(once) == adapter.decrypt(again) == SECRET
    for place in (10, len(once) // 2, len(once) - 3):
        changed = once[:place] + ("A" if once[place] != "A" else "B") + once[place + 1 :]
        with pytest.raises(InvalidToken):
            adapter.decrypt(changed)


def test_each_page_of_a_user_has_a_log_out():
    make_reviewer()
    client = Client()
    client.force_login(User.objects.get())
    account = ("profile", "sessions", "tokens", "data", "activity", "2fa", "email", "password/change")
    pages = [
        "/",
        "/history/",
        "/history/statistics/",
        "/history/exports/",
        "/model/",
        "/review/",
        "/admin/",
        "/no-such-page/",
    ]
    for path in (*pages, *(f"/accounts/{name}/" for name in account)):
        answer = client.get(path, follow=True)
        assert b'action="/accounts/logout/"' in answer.content or b'action="/admin/logout/"' in answer.content, path


def test_folders_are_not_listed():
    for path in ("/static/", "/static/js/", "/static/css", "/static/../manage.py", "/static/%2e%2e/manage.py"):
        assert Client().get(path).status_code == 404, path


@pytest.mark.parametrize("path", ["/", LIST, "/accounts/login/", "/health/live"])
def test_trace_is_refused(path):
    answer = Client().generic("TRACE", path, headers={"X-Secret": "hush"})
    assert answer.status_code in {401, 405}
    assert b"hush" not in answer.content


@pytest.mark.parametrize("name", ["token", "Authorization", "authorization", "api_key"])
def test_a_token_in_the_address_is_none(name):
    token = create_token(User.objects.create_user("alice"))
    for value in (token, f"Token {token}"):
        assert Client().get(LIST, {name: value}).status_code == 401


def test_the_api_refuses_http_and_pages_lead_to_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    headers = {"Authorization": f"Token {create_token(User.objects.create_user('alice'))}"}
    client = Client(headers=headers)
    for answer in (client.get(LIST), client.post(LIST, SEVEN, "application/json"), client.get("/api/v1/schema/")):
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "https_required"
    for page in ("/history/", "/api/docs/"):
        assert client.get(page)["Location"] == f"https://testserver{page}"
    assert client.get(LIST, secure=True).status_code == 200
    assert client.post(LIST, SEVEN, "application/json", secure=True).status_code == 202


def test_an_error_shows_no_traceback(monkeypatch):
    def fail(*_args, **_named):
        raise RuntimeError("the inner workings")

    monkeypatch.setattr("predictions.pages.model.render", fail)
    answer = Client(raise_request_exception=False).get("/model/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "<h1" in page
    for inside in ("inner workings", "RuntimeError", "Traceback", "predictions.pages", settings.SECRET_KEY):
        assert inside not in page
