"""Sign-up, passwords and email changes, and what the pages must not reveal."""

import re

import pytest
from django.test import Client
from post_office.models import Email

from accounts.models import AuditEvent, User
from tests.audit import named_events

pytestmark = pytest.mark.django_db
PASSWORD, OTHER = "draws digits well", "draws digits better"


@pytest.fixture(autouse=True)
def real_outbox(settings):
    """Restore our email backend, which pytest-django replaces."""
    settings.EMAIL_BACKEND = "accounts.outbox.Outbox"


def _make(name="alice", email="alice@example.org"):
    user = User.objects.create_user(name, email, PASSWORD)
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    return user


def _logged_in(name="alice", password=PASSWORD):
    client = Client()
    answer = client.post("/accounts/login/", {"login": name, "password": password})
    assert answer.status_code == 302, answer.context["form"].errors
    return client


def _link(email):
    return re.search(r"http://127\.0\.0\.1:8000(/accounts/\S+)", email.message)[1]


def _request_address(client, email):
    """Request a change of the address and confirm the password."""
    response = client.post("/accounts/email/", {"email": email, "action_add": ""})
    assert "Confirm your password" in client.get(response.url).content.decode()
    return client.post(response.url, {"password": PASSWORD}, follow=True)


def _actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_sign_up_logs_in_sends_a_link_and_is_audited(client):
    given = {"username": "alice", "email": "Alice@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", given).url == "/"
    assert client.get("/accounts/profile/").status_code == 200
    assert _actions() == ["user.signed_up", "user.logged_in"]
    mail = Email.objects.get()
    assert mail.to == ["alice@example.org"]
    client.post(_link(mail))
    assert User.objects.get().emailaddress_set.get().verified
    assert _actions()[-1] == "email.confirmed"


def test_sign_up_works_without_an_address(client):
    client.post("/accounts/signup/", {"username": "alice", "password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get().email == ""
    assert not Email.objects.exists()


def test_a_failed_sign_up_leaves_no_mail(client, monkeypatch):
    def fail(*_args, **_named):
        raise RuntimeError("after the mail was written")

    monkeypatch.setattr("allauth.account.internal.flows.login.perform_login", fail)
    monkeypatch.setattr("allauth.account.internal.flows.signup.perform_login", fail, raising=False)
    client.raise_request_exception = False
    given = {"username": "alice", "email": "a@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", given).status_code == 500
    assert not User.objects.exists()
    assert not Email.objects.exists()
    assert _actions() == []


def test_forms_have_no_placeholders(client):
    for page in ("login", "signup", "password/reset"):
        assert "placeholder" not in client.get(f"/accounts/{page}/").content.decode()


def test_failed_log_ins_are_audited_up_to_the_rate_limit(client):
    _make()
    for _ in range(13):
        client.post("/accounts/login/", {"login": "alice", "password": "wrong"})
    lines = named_events(action="login.failed")
    assert len(lines) == 5
    assert {line.target for line in lines} == {"alice"}


def test_an_unknown_username_is_not_stored(client):
    client.post("/accounts/login/", {"login": "my secret password", "password": "x"})
    line = AuditEvent.objects.get()
    assert (line.action, line.target) == ("login.failed", "")
    assert "secret" not in str(line.details)


def test_changing_the_password_logs_out_other_devices_and_sends_a_mail():
    _make()
    here, elsewhere = _logged_in(), _logged_in()
    given = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    assert here.post("/accounts/password/change/", given).url == "/accounts/profile/"
    assert here.get("/accounts/profile/").status_code == 200
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert _actions() == ["user.logged_in", "user.logged_in", "password.changed"]
    assert "was changed" in Email.objects.get().message
    _logged_in(password=OTHER)


def test_changing_the_password_requires_the_current_one():
    _make()
    here = _logged_in()
    given = {"oldpassword": "a guess", "password1": OTHER, "password2": OTHER}
    assert here.post("/accounts/password/change/", given).status_code == 200
    _logged_in()


def test_a_reset_link_works_once_and_ends_all_sessions(client):
    _make()
    elsewhere = _logged_in()
    client.post("/accounts/password/reset/", {"email": "alice@example.org"})
    link = _link(Email.objects.get())
    form = client.get(link).url
    given = {"password1": OTHER, "password2": OTHER}
    assert client.post(form, given).url == "/accounts/password/reset/key/done/"
    assert elsewhere.get("/accounts/profile/").status_code == 302
    _logged_in(password=OTHER)
    changes = ["password.reset_requested", "password.reset", "sessions.ended"]
    assert _actions() == ["user.logged_in", *changes, "user.logged_in"]
    assert "no longer valid" in Client().get(link).content.decode()


def test_a_reset_link_ignores_the_host_of_the_request(client):
    _make()
    client.post("/accounts/password/reset/", {"email": "alice@example.org"}, headers={"host": "localhost:666"})
    assert "localhost" not in Email.objects.get().message


def test_a_reset_does_not_reveal_whether_the_address_exists(client):
    _make()
    known, unknown = (
        client.post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in ("alice@example.org", "nobody@example.org")
    )
    assert known.redirect_chain == unknown.redirect_chain
    without_secrets = re.compile(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"')
    assert without_secrets.sub("", known.content.decode()) == without_secrets.sub("", unknown.content.decode())
    assert [mail.to for mail in Email.objects.order_by("pk")] == [["alice@example.org"], ["nobody@example.org"]]
    assert "no account has the email address" in Email.objects.latest("pk").message


def test_a_new_address_replaces_the_old_one_once_its_link_is_opened():
    alice = _make()
    here = _logged_in()
    _request_address(here, "new@example.org")
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    mail = Email.objects.get()
    assert mail.to == ["new@example.org"]
    here.post(_link(mail))
    alice.refresh_from_db()
    assert alice.email == "new@example.org"
    assert list(alice.emailaddress_set.values_list("email", "verified")) == [("new@example.org", True)]
    notice = Email.objects.latest("pk")
    assert notice.to == ["alice@example.org"]
    assert "from alice@example.org to new@example.org" in notice.message
    assert _actions() == ["user.logged_in", "email.change_requested", "email.confirmed"]


def test_an_unconfirmed_first_address_is_shown_as_such_only(client):
    given = {"username": "alice", "email": "Alice@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", given)
    page = client.get("/accounts/email/").content.decode()
    assert "is not confirmed yet" in page
    assert "your address remains" not in page


def test_that_another_account_has_an_address_is_told_to_its_owner_only():
    _make()
    _make("bob", "bob@example.org")
    here = _logged_in()
    pages = [_request_address(here, "Bob@example.org").content.decode()]
    pages.append(
        here.post("/accounts/email/", {"email": "new@example.org", "action_add": ""}, follow=True).content.decode()
    )
    assert pages[0].replace("bob@", "new@").count("new@example.org") == pages[1].count("new@example.org") > 0
    told, link = Email.objects.order_by("pk")
    assert told.to == ["bob@example.org"]
    assert "belongs to an account already" in told.message
    assert "/accounts/confirm-email/" not in told.message
    assert "/accounts/confirm-email/" in link.message


def test_an_address_taken_meanwhile_cannot_be_confirmed():
    alice = _make()
    here = _logged_in()
    _request_address(here, "both@example.org")
    User.objects.create_user("bob", "both@example.org", None)
    answer = here.post(_link(Email.objects.get()), follow=True)
    assert answer.status_code == 200
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    assert "Couldn&#x27;t confirm" in answer.content.decode()
    assert "email.confirmed" not in _actions()


def test_changing_the_address_requires_the_password():
    _make()
    here = _logged_in()
    answer = here.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert here.post(answer.url, {"password": "a guess"}).status_code == 200
    assert not Email.objects.exists()
    assert _actions() == ["user.logged_in", "login.failed"]


@pytest.mark.parametrize("path", ["password/reset/key/1-abc/", "confirm-email/nothing/", "inactive/", "confirm-email/"])
def test_every_page_that_a_mailed_link_opens_is_ours(client, path):
    page = client.get(f"/accounts/{path}")
    assert page.status_code == 200
    assert re.search(r"no longer valid|is deactivated|Check your email", page.content.decode())


@pytest.mark.parametrize("login", ["alice", "alice@example.org", "nobody", "nobody@example.org"])
def test_a_wrong_password_is_hashed_once_whether_or_not_the_account_exists(client, monkeypatch, login):
    _make()
    hashed = []
    for name in ("check_password", "set_password"):
        before = getattr(User, name)
        monkeypatch.setattr(User, name, lambda user, text, before=before: hashed.append(text) or before(user, text))
    client.post("/accounts/login/", {"login": login, "password": "a guess"})
    assert hashed == ["a guess"]
