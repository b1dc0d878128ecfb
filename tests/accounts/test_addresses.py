"""Changing an address that was never confirmed: a mistyped new one gives nothing away."""

import pytest
from django.test import Client
from post_office.models import Email

from accounts.models import AuditEvent, User
from tests.accounts import test_flows
from tests.accounts.test_flows import PASSWORD, _ask_for_address, _link, _logged_in

pytestmark = pytest.mark.django_db
quick_hashing, real_outbox = test_flows.quick_hashing, test_flows.real_outbox
OLD, TYPO, NEW = "old@example.org", "tpyo@example.org", "new@example.org"


@pytest.fixture
def here():
    """A visitor who signed up with OLD and has not opened its link yet."""
    client = Client()
    given = {"username": "alice", "email": OLD, "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", given).status_code == 302
    return _logged_in()


def _addresses():
    return set(User.objects.get().emailaddress_set.values_list("email", "verified", "primary"))


def _mail_to(email):
    return Email.objects.filter(to=email).latest("pk")


def _asked_for_reset(email):
    Client().post("/accounts/password/reset/", {"email": email})
    return "/accounts/password/reset/key/" in _mail_to(email).message


def test_an_unconfirmed_address_stays_until_the_new_one_is_confirmed(here):
    _ask_for_address(here, NEW)
    assert User.objects.get().email == OLD
    assert _addresses() == {(OLD, False, True), (NEW, False, False)}
    here.post(_link(_mail_to(NEW)))
    assert User.objects.get().email == NEW
    assert _addresses() == {(NEW, True, True)}
    assert f"from {OLD} to {NEW}" in _mail_to(OLD).message


def test_a_link_to_choose_a_password_goes_to_the_old_address_and_not_to_a_mistyped_one(here):
    _ask_for_address(here, TYPO)
    assert not _asked_for_reset(TYPO)
    assert _asked_for_reset(OLD)


def test_a_second_wish_takes_the_place_of_the_first_alone(here):
    _ask_for_address(here, TYPO)
    here.post("/accounts/email/", {"email": NEW, "action_add": ""})
    assert _addresses() == {(OLD, False, True), (NEW, False, False)}
    Client().post(_link(_mail_to(TYPO)))
    assert User.objects.get().email == OLD


def test_confirming_the_old_address_leaves_the_one_that_waits(here):
    first = _link(_mail_to(OLD))
    _ask_for_address(here, NEW)
    here.post(first)
    assert _addresses() == {(OLD, True, True), (NEW, False, False)}
    assert Email.objects.filter(to=NEW).count() == 1, "nobody is told of a change that was none"
    assert AuditEvent.objects.latest("pk").target == OLD


def test_no_crafted_form_makes_an_unconfirmed_address_the_present_one(here):
    _ask_for_address(here, NEW)
    assert here.post("/accounts/email/", {"email": NEW, "action_primary": ""}).status_code == 403
    assert User.objects.get().email == OLD
    assert _addresses() == {(OLD, False, True), (NEW, False, False)}


def test_one_can_stay_with_an_unconfirmed_address_but_not_drop_it(here):
    assert "Stay with the old" not in here.get("/accounts/email/").content.decode()
    _ask_for_address(here, TYPO)
    page = here.get("/accounts/email/").content.decode()
    assert "Stay with the old" in page
    assert f"stays <strong>{OLD}</strong>" in page
    assert f"<strong>{TYPO}</strong> waits" in page
    assert here.get("/accounts/profile/").content.decode().count("not confirmed yet") == 2
    here.post("/accounts/email/", {"email": OLD, "action_remove": ""})
    assert User.objects.get().email == OLD
    here.post("/accounts/email/", {"email": TYPO, "action_remove": ""})
    assert _addresses() == {(OLD, False, True)}


def test_an_address_that_allauth_never_saw_is_kept_too():
    User.objects.create_user("alice", "Old@example.org", PASSWORD)
    here = _logged_in()
    _ask_for_address(here, TYPO)
    assert _addresses() == {(OLD, False, False), (TYPO, False, False)}
    assert "Stay with the old" in here.get("/accounts/email/").content.decode()
    assert not _asked_for_reset(TYPO)
    assert User.objects.get().email == "Old@example.org"
