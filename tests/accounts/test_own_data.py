"""What the file of everything about a person has of their account: names of all that they have, secrets of none."""

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from accounts.identity.own_data import describe_account
from accounts.models import User
from accounts.tokens import create_token

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def alice() -> User:
    user = User.objects.create_user("alice", "alice@example.org", "draws digits well", first_name="Alice")
    User.objects.filter(pk=user.pk).update(may_train=True)
    return User.objects.get(pk=user.pk)


def test_it_names_all_that_a_person_has(alice):
    create_token(alice, "my script")
    client = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"})
    client.force_login(alice)
    client.get("/accounts/sessions/")
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": encrypt(SECRET)})
    found = describe_account(alice)
    assert found["profile"]["email"] == "alice@example.org"
    assert found["may_train"] is True
    assert [token["name"] for token in found["tokens"]] == ["my script"]
    assert [session["device"] for session in found["sessions"]] == ["Firefox, Linux"]
    assert [factor["type"] for factor in found["second_factors"]] == ["totp"]


def test_it_has_no_secret_and_nothing_of_others(alice):
    bob = User.objects.create_user("bob", "bob@example.org", "draws digits well")
    text = create_token(alice, "mine")
    create_token(bob, "of bob")
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": SECRET})
    found = json.dumps(describe_account(alice), cls=DjangoJSONEncoder)
    hidden = [SECRET, text, alice.password, "argon2", "session_key", "of bob", "bob@example.org"]
    assert [word for word in hidden if word in found] == []
