"""What ends the sessions and the API tokens of an account, and with them what a former user of it could do."""

import pytest
from django.core.management import call_command
from django.test import Client
from post_office.models import Email
from rest_framework.test import APIClient

from accounts.models import ApiToken, AuditEvent, User
from accounts.tokens import cache, create_token
from tests.accounts import test_flows
from tests.accounts.test_flows import OTHER, PASSWORD, _link, _logged_in, _make, _request_address
from tests.audit import newest_event

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
VICTIM = "victim@example.org"


def _token_works(text):
    cache.clear()  # the trigger notifies on commit, and these tests never commit
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    return client.get("/api/v1/submissions/").status_code == 200


def _is_logged_in(client):
    return client.get("/accounts/profile/").status_code == 200


def _reset(email, password=OTHER):
    client = Client()
    client.post("/accounts/password/reset/", {"email": email})
    form = client.get(_link(Email.objects.filter(to=email).latest("pk"))).url
    assert client.post(form, {"password1": password, "password2": password}).status_code == 302


def _sign_up(name, email):
    client = Client()
    given = {"username": name, "email": email, "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", given).status_code == 302
    return client


def test_a_mailed_reset_ends_all_tokens_and_sessions():
    alice = _make()
    there, text = _logged_in(), create_token(alice, "laptop")
    _reset(alice.email)
    assert not _token_works(text)
    assert not _is_logged_in(there)
    line = AuditEvent.objects.get(action="tokens.ended")
    assert (line.actor, len(line.details["tokens"])) == (alice, 1)


def test_who_has_somebody_elses_address_from_an_earlier_sign_up_keeps_nothing_after_its_owner_resets():
    User.objects.create_user("thief", VICTIM, PASSWORD).emailaddress_set.create(email=VICTIM, primary=True)
    thief = _logged_in("thief")
    text = create_token(User.objects.get(), "kept")
    _request_address(thief, "thief@example.org")
    pending = _link(Email.objects.filter(to="thief@example.org").latest("pk"))
    _reset(VICTIM)
    assert not _token_works(text)
    assert not _is_logged_in(thief)
    Client().post(pending)
    user = User.objects.get()
    assert user.email == VICTIM
    assert list(user.emailaddress_set.values_list("email", flat=True)) == [VICTIM]


def test_confirming_an_address_elsewhere_ends_the_access_from_before():
    thief = _sign_up("thief", VICTIM)
    text = create_token(User.objects.get(), "kept")
    page = Client().post(_link(Email.objects.get(to=VICTIM)), follow=True).content.decode()
    assert "All devices were logged out, and all API tokens ended." in page
    assert User.objects.get().emailaddress_set.get().verified
    assert not _token_works(text)
    assert not _is_logged_in(thief)


def test_confirming_an_address_where_its_owner_is_logged_in_ends_nothing():
    here = _sign_up("alice", "alice@example.org")
    text = create_token(User.objects.get(), "laptop")
    here.post(_link(Email.objects.get(to="alice@example.org")))
    assert _is_logged_in(here)
    assert _token_works(text)


@pytest.mark.parametrize("ends", [True, False])
def test_changing_the_password_ends_tokens_unless_the_user_keeps_them(ends):
    alice = _make()
    here, there = _logged_in(), _logged_in()
    text = create_token(alice, "laptop")
    page = here.get("/accounts/password/change/")
    assert page.context["form"]["end_tokens"].value() is True
    given = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER} | ({"end_tokens": "on"} if ends else {})
    assert here.post("/accounts/password/change/", given).status_code == 302
    assert _is_logged_in(here)
    assert not _is_logged_in(there)
    assert _token_works(text) is not ends


def test_a_password_set_in_the_admin_ends_all_access_is_audited_and_mailed():
    alice = _make()
    root = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    there, text, admin = _logged_in(), create_token(alice, "laptop"), _logged_in("root")
    given = {"password1": OTHER, "password2": OTHER, "usable_password": "true"}
    assert admin.post(f"/admin/accounts/user/{alice.pk}/password/", given).status_code == 302
    assert not _token_works(text)
    assert not _is_logged_in(there)
    line = newest_event(action="password.set")
    assert (line.event.actor, line.target) == (root, "alice")
    assert "An administrator set a new password" in Email.objects.get(to=alice.email).message
    _logged_in(password=OTHER)


def test_a_refused_password_in_the_admin_ends_nothing():
    alice = _make()
    User.objects.create_superuser("root", "", PASSWORD)
    text, admin = create_token(alice, "laptop"), _logged_in("root")
    given = {"password1": "short", "password2": "short", "usable_password": "true"}
    assert admin.post(f"/admin/accounts/user/{alice.pk}/password/", given).status_code == 200
    assert _token_works(text)


def test_sessions_from_before_this_release_stay_valid_until_all_are_ended():
    """Older code computes the same hash as long as the number is 0."""
    alice = _make()
    django_hash = super(User, alice)._get_session_auth_hash()
    assert alice.get_session_auth_hash() == django_hash
    alice.access_epoch = 1
    assert alice.get_session_auth_hash() != django_hash


def test_tokens_of_others_are_kept():
    alice = _make()
    bobs = create_token(_make("bob", "bob@example.org"), "laptop")
    _reset(alice.email)
    assert _token_works(bobs)
    assert ApiToken.objects.count() == 1


def test_a_new_token_asks_for_the_password_and_sends_a_mail():
    alice = _make()
    client = _logged_in()
    asked = client.post("/accounts/tokens/", {"name": "laptop"})
    assert asked.url.startswith("/accounts/reauthenticate/")
    assert client.post(asked.url, {"password": "a guess"}).status_code == 200
    assert not ApiToken.objects.exists()
    made = client.post(asked.url, {"password": PASSWORD})
    assert _token_works(made.context["text"])
    assert "no-store" in made["Cache-Control"]
    mail = Email.objects.get(to=alice.email)
    assert "laptop" in mail.message
    assert made.context["text"] not in mail.message


def test_a_token_of_the_command_line_expires_unless_the_operator_says_otherwise():
    _make()
    call_command("create_token", "alice")
    call_command("create_token", "alice", days=0)
    assert [token.expiry is None for token in ApiToken.objects.order_by("name")] == [False, True]
