"""Changing an email address that was never confirmed; a mistyped new one must not give access to the account."""

import pytest
from django.test import Client
from post_office.models import Email

from accounts.models import User
from tests.accounts import test_flows
from tests.accounts.test_flows import PASSWORD, _link, _logged_in, _request_address
from tests.audit import newest_event
from tests.factories import make_user

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
OLD, TYPO, NEW = "old@example.org", "tpyo@example.org", "new@example.org"


@pytest.fixture
def client():
    """Return a client of a user whose current address is OLD, never confirmed, as earlier sign-ups left it."""
    User.objects.create_user("alice", OLD, PASSWORD).emailaddress_set.create(email=OLD, primary=True)
    return _logged_in()


def _addresses():
    return set(User.objects.get().emailaddress_set.values_list("email", "verified", "primary"))


def _mail_to(email):
    return Email.objects.filter(to=email).latest("pk")


def _can_reset_password(email):
    Client().post("/accounts/password/reset/", {"email": email})
    return "/accounts/password/reset/key/" in _mail_to(email).message


def test_an_unconfirmed_address_stays_until_the_new_one_is_confirmed(client):
    _request_address(client, NEW)
    assert User.objects.get().email == OLD
    assert _addresses() == {(OLD, False, True), (NEW, False, False)}
    client.post(_link(_mail_to(NEW)))
    assert User.objects.get().email == NEW
    assert _addresses() == {(NEW, True, True)}
    assert f"from {OLD} to {NEW}" in _mail_to(OLD).message


def test_a_reset_link_goes_to_the_current_address_and_not_to_a_pending_one(client):
    _request_address(client, TYPO)
    assert not _can_reset_password(TYPO)
    assert _can_reset_password(OLD)


def test_a_second_change_replaces_only_the_first(client):
    _request_address(client, TYPO)
    client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    assert _addresses() == {(OLD, False, True), (NEW, False, False)}
    Client().post(_link(_mail_to(TYPO)))
    assert User.objects.get().email == OLD


def test_confirming_the_current_address_keeps_the_pending_one(client):
    client.post("/accounts/email/", {"email": OLD, "action_send": ""})
    first = _link(_mail_to(OLD))
    _request_address(client, NEW)
    client.post(first)
    assert _addresses() == {(OLD, True, True), (NEW, False, False)}
    assert Email.objects.filter(to=NEW).count() == 1, "no mail about a change that did not happen"
    assert newest_event().target == OLD


def test_a_crafted_form_cannot_make_an_unconfirmed_address_current(client):
    _request_address(client, NEW)
    assert client.post("/accounts/email/", {"email": NEW, "action_primary": ""}).status_code == 403
    assert User.objects.get().email == OLD
    assert _addresses() == {(OLD, False, True), (NEW, False, False)}


def test_an_unconfirmed_current_address_can_be_kept_but_not_removed(client):
    assert "Keep the old" not in client.get("/accounts/email/").content.decode()
    _request_address(client, TYPO)
    page = client.get("/accounts/email/").content.decode()
    assert "Keep the old" in page
    assert f"remains <strong>{OLD}</strong>" in page
    assert f"<strong>{TYPO}</strong> is not confirmed yet" in page
    assert client.get("/accounts/profile/").content.decode().count("not confirmed yet") == 2
    client.post("/accounts/email/", {"email": OLD, "action_remove": ""})
    assert User.objects.get().email == OLD
    client.post("/accounts/email/", {"email": TYPO, "action_remove": ""})
    assert _addresses() == {(OLD, False, True)}


def test_a_current_address_unknown_to_allauth_is_kept_too():
    User.objects.create_user("alice", "Old@example.org", PASSWORD)
    client = _logged_in()
    _request_address(client, TYPO)
    assert _addresses() == {(OLD, False, False), (TYPO, False, False)}
    assert "Keep the old" in client.get("/accounts/email/").content.decode()
    assert not _can_reset_password(TYPO)
    assert User.objects.get().email == "Old@example.org"


@pytest.mark.parametrize("length", [254, 255, 300, 100_000])
def test_addresses_longer_than_any_can_be_are_refused_by_every_form(length):
    address = f"{'x' * (length - 12)}@example.org"
    password = "a wall of green apples"
    given = {"username": "mallory", "email": address, "password1": password, "password2": password}
    status = 302 if length == 254 else 200
    assert Client().post("/accounts/signup/", given).status_code == status
    assert User.objects.filter(username="mallory").exists() == (length == 254)
    client = Client()
    client.force_login(make_user("bob"))
    assert client.post("/accounts/email/", {"action_add": "", "email": address}).status_code == status
    assert Client().post("/accounts/password/reset/", {"email": address}).status_code in (200, 302)
